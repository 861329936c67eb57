"""skinfluence: which training rows made my model do this, and what happens if I delete them?"""

__version__ = "0.1.0"
