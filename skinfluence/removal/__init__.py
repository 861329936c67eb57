"""The numerical core of removal: the optimum, and the optimum without some rows."""
