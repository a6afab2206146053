package catalog

import "sync"

// Shared returns the catalogue, read once per process when it is first needed.
func Shared() (*Catalog, error) { return shared() }

var shared = sync.OnceValues(Load)
