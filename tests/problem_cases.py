"""Problems that are no linear predictors, one function each: the problem away from its optimum, and evaluation rows."""

#: by name; ``tests/problems/test_problem_battery.py`` runs the laws on all of them
OTHER_PROBLEMS = {}
