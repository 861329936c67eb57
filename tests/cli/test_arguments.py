"""The command line as words."""

import pytest

from skinfluence.cli.arguments import parse
from skinfluence.cli.budgets import parse_budgets
from skinfluence.cli.errors import CommandError
from skinfluence.cli.options import COMMANDS, OPTIONS


def test_roles_come_from_the_options():
    arguments = parse(
        [
            "attribute",
            "d.csv",
            "--target",
            "y",
            "--sensitive",
            "a",
            "--sensitive",
            "b",
            "--id",
            "n",
            "--drop",
            "z",
        ]
    )
    roles = arguments.roles
    assert (roles.target, roles.sensitive, roles.identifier, roles.dropped) == ("y", ("a", "b"), "n", ("z",))


def test_repeated_parsing_does_not_pile_up():
    for _ in range(2):
        assert parse(["trim", "d.csv", "--target", "y", "--drop", "z"]).drop == ["z"]
    assert parse(["trim", "d.csv", "--target", "y"]).drop == []


@pytest.mark.parametrize(
    ("text", "budgets"),
    [
        ("0.05", [0.05]),
        ("5%", [0.05]),
        ("20", [20]),
        ("0, 1%,0.5,3", [0, 0.01, 0.5, 3]),
        ("1", [1]),
        ("0", [0]),
    ],
)
def test_budgets_are_fractions_percentages_or_rows(text, budgets):
    found = parse_budgets(text)
    assert found == budgets
    assert list(map(type, found)) == list(map(type, budgets))


@pytest.mark.parametrize("text", ["1.0", "100%", "-1", "-5%", "lots", "nan", "1.5", "0.1,x", "inf"])
def test_other_budgets_are_refused(text):
    with pytest.raises(
        CommandError, match=r"is not possible; give a fraction .* a percentage .* or a whole number of rows"
    ):
        parse_budgets(text)


def test_empty_budget_is_refused():
    with pytest.raises(CommandError, match=r"--budget is empty; give e.g. 0.05"):
        parse_budgets(" , ")


BAD_LINES = {
    "nothing": ([], "no command; choose attribute, trim, explain or demo"),
    "unknown command": (["train"], "invalid choice: 'train'.*see skinfluence --help"),
    "no data": (
        ["trim", "--target", "y"],
        "the following arguments are required: DATA; see skinfluence trim --help",
    ),
    "no target": (["trim", "d.csv"], "required: --target"),
    "typing error": (["trim", "d.csv", "--target", "y", "--buget", "1"], "unrecognized arguments: --buget 1"),
    "abbreviation": (["trim", "d.csv", "--targ", "y"], "required: --target"),
    "model": (
        ["trim", "d.csv", "--target", "y", "--model", "tree"],
        "argument --model: invalid choice: 'tree'",
    ),
    "number": (
        ["explain", "d.csv", "--target", "y", "--leaves", "few"],
        "--leaves: invalid int value: 'few'",
    ),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_bad_lines_end_in_where_to_find_help(case):
    line, message = BAD_LINES[case]
    with pytest.raises(CommandError, match=message) as caught:
        parse(line)
    assert str(caught.value).endswith("--help")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_teaches_by_examples(command, capsys):
    with pytest.raises(SystemExit) as caught:
        parse([*filter(None, [command]), "--help"])
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert f"skinfluence {command or 'demo'}" in text.partition("examples:")[2]
    assert command == "demo" or "Above 0: deleting the row raises f" in text


def test_every_option_belongs_to_a_command():
    used = {(name, option) for name, groups in COMMANDS.items() for options in groups.values() for option in options}
    for option in OPTIONS:
        assert option in used or option in {plain for _, plain in used}
