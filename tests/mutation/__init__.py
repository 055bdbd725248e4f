"""Whether the tests would notice: one small change at a time in the code that judges, and the tests that run it."""
