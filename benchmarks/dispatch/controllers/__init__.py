"""What is compared: the product's dispatch and four others, each behind the same protocol."""
