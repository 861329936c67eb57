"""Models that users build themselves, where there is no fitted estimator to hand in, or none that fits X and y."""

from .lifelines_cox import LifelinesCox
from .list_mle_ranker import ListMLERanker
from .presence_loss import PresenceLoss

__all__ = ["LifelinesCox", "ListMLERanker", "PresenceLoss"]
