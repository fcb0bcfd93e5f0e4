"""The model factory of Cunxin: a matrix of outcomes in, a model folder out.

The contract with the TypeScript side (matrix, feature list, model folder) is in README.md.
"""
