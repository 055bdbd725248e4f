"""An endpoint that spoils its own stream, by seed: whatever it does, the suite gives verdicts and no errors."""
