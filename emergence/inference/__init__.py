"""Inference from single scale curves: fits, profiles, ranges.

The array modules take all curves of one length at once and know neither tables nor files.
A curve's results are the same bits whatever other curves are in the batch: only operations
on one element at a time are used across curves, and sums run over the points in their order
(`emergence.inference.law` says more). `emergence.inference.infer` takes the table of scale
curves and gives the table of inferences.
"""
