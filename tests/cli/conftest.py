"""A small table with everything that tables have, as a file."""

import numpy as np
import pytest

from skinfluence.cli import main


@pytest.fixture
def table(tmp_path):
    """120 rows: a number with gaps, a text with gaps, a group, a count, an amount, a class, half a class."""
    rng = np.random.RandomState(0)
    n = 120
    age, sex = rng.randint(20, 60, n), rng.choice(["f", "m"], n)
    town = rng.choice(["Bern", "Genf", ""], n)
    raw = (age - 40) / 10 + (sex == "m") + rng.randn(n)
    label, amount = np.where(raw > 0.5, "yes", "no"), np.exp(raw / 3).round(3)
    lines = ["name,age,sex,town,count,amount,label,half"]
    for i in range(n):
        years = "" if i % 17 == 0 else age[i]
        half = "" if i % 2 else label[i]
        lines.append(f'"row {i}",{years},{sex[i]},{town[i]},{rng.poisson(amount[i])},{amount[i]:.3f},{label[i]},{half}')
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def run(table, capsys, monkeypatch):
    """Run a command on the table beside it; returns (status, standard output, standard error)."""
    monkeypatch.chdir(table.parent)

    def call(line):
        status = main(line.split())
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call
