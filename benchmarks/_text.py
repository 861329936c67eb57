"""Sparse text: Zipf's law for words, documents of different lengths, TF-IDF, labels by a noisy linear score."""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

__all__ = ["zipf_text"]


def zipf_text(n, p, *, words=120, seed=0):
    """A CSR matrix (n, p) of TF-IDF rows of norm 1, and labels in {0, 1}.

    Word r of the dictionary is drawn with probability proportional to r^-1.05, a document has a log-normal number of
    words with the given median, and the label is the sign of a noisy linear score.
    """
    generator = np.random.default_rng(seed)
    lengths = np.maximum(10, generator.lognormal(np.log(words), 0.6, n).astype(int))
    frequency = np.cumsum(np.arange(1, p + 1) ** -1.05)
    word = np.searchsorted(frequency, frequency[-1] * generator.random(lengths.sum())).clip(max=p - 1)
    counts = sparse.csr_matrix((np.ones(len(word)), (np.repeat(np.arange(n), lengths), word)), shape=(n, p))
    counts.sum_duplicates()
    X = TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsr()
    score = X @ (3 * generator.standard_normal(p)) + 0.5 * generator.standard_normal(n)
    return X, (score > np.median(score)).astype(int)
