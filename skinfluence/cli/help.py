"""Texts of the help: examples, and what the numbers mean."""

__all__ = ["EXAMPLES", "PURPOSES", "SIGNS"]

SIGNS = """\
what the numbers mean:
  The influence of a row is the predicted change of the objective when that row is deleted and the model refitted:
  f(without the row) - f. Above 0: deleting the row raises f. For a loss or a gap, where less is better, a positive row
  is helpful and a negative one harmful. Rows are counted from 0, the first row under the header.
"""

EXAMPLES = {
    None: """\
  skinfluence demo
  skinfluence attribute train.csv --target income --validation clean.csv --output influence.csv
  skinfluence explain train.csv --target income --picture tree.png
  skinfluence trim train.csv --target income --sensitive sex --objective demographic_parity --budget 5% \\
      --output kept.csv
""",
    "attribute": """\
  skinfluence attribute train.csv --target income --sort harmful | head
  skinfluence attribute train.csv --target income --validation clean.csv --id customer --output influence.csv
  skinfluence attribute train.parquet --target price --model huber --set epsilon=1.5 --output influence.parquet
""",
    "trim": """\
  skinfluence trim data.csv --target income --sensitive sex --objective demographic_parity --budget 0.05 \\
      --output kept.csv
  skinfluence trim data.csv --target income --validation clean.csv --budget 0,1%,2%,5% --output kept.csv \\
      --picture curves.png --json summary.json
  skinfluence trim data.csv --target income --budget 20            (20 rows at most; writes nothing, shows the effect)
""",
    "explain": """\
  skinfluence explain train.csv --target income
  skinfluence explain train.csv --target income --sensitive sex --objective demographic_parity --leaves 6 \\
      --picture tree.png
""",
    "demo": """\
  skinfluence demo                      (needs matplotlib: pip install 'skinfluence[plot]')
""",
}

PURPOSES = {
    "attribute": "compute the influence of every training row on the model",
    "trim": "drop the training rows that harm the objective, and copy the rest unchanged",
    "explain": "show which kinds of training rows are helpful or harmful, as a tree",
    "demo": "run all commands' methods on two data sets of scikit-learn, with pictures",
}
