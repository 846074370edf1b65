"""What a data set holds, and what would let a network score well without having learnt to see a fake."""
