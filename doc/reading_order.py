"""The order of the gallery: what to read first."""

EXAMPLES = [
    "plot_which_rows.py",
    "plot_influence_regions.py",
    "plot_trimming_for_fairness.py",
    "plot_leakage.py",
    "plot_smallest_flip.py",
    "plot_survival.py",
    "plot_karate_club.py",
]


class ReadingOrder:
    """Sorts the files of the gallery as they are listed here; one that is not listed fails the build."""

    def __init__(self, source):
        self.source = source

    def __call__(self, filename):
        return EXAMPLES.index(filename)
