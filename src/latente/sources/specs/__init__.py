"""One file per data set, with a function `fetch`. params.yaml names the file as `data.name`."""
