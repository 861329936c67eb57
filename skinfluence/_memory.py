"""How large arrays may become."""

__all__ = ["BLOCK_SIZE", "DENSE_ORDER"]

#: float64 numbers in one temporary array, 8 MiB: large enough for BLAS, small enough that the allocator reuses it
BLOCK_SIZE = 2**20
#: order of a square array of 1 GiB, above which none is formed
DENSE_ORDER = 11_585
