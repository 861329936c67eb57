"""Cases drawn from a seed: data, models and questions of every kind, and a judge of what comes back."""
