package people

import (
	"context"
	"database/sql"
)

func fill(ctx context.Context, tx *sql.Tx) error { return nil }
