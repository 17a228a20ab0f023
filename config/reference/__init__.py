"""The reference pages of docs/, generated from the code so that they cannot say anything else."""
