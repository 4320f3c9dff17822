"""The survey: how the verdicts change with other settings of the study."""
