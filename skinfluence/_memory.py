"""How large temporary arrays of computations in blocks are."""

__all__ = ["BLOCK_SIZE"]

#: float64 numbers in one temporary array, 8 MiB: large enough for BLAS, small enough that the allocator reuses it
BLOCK_SIZE = 2**20
