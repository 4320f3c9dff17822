"""Where images come from: one spec for each data set. No stage except `fetch` depends on this package."""
