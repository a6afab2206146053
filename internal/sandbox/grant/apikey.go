package grant

import (
	"context"
	"database/sql"
	"errors"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// APIKey is a key of an employee in a system: it stands for the person and the
// organisation, and is good only together with a signature.
type APIKey struct {
	Key         string // UUID
	OID, OrgOID int64
	ClientID    string
}

// SaveAPIKey registers a key.
func SaveAPIKey(ctx context.Context, q store.Queryer, k APIKey) error {
	_, err := q.ExecContext(ctx, "INSERT INTO api_keys(key, oid, org_oid, client_id) VALUES(?,?,?,?)", k.Key, k.OID, k.OrgOID, k.ClientID)
	return err
}

// LoadAPIKey returns a key; false when there is no such one.
func LoadAPIKey(ctx context.Context, q store.Queryer, key string) (APIKey, bool, error) {
	k := APIKey{Key: key}
	err := q.QueryRowContext(ctx, "SELECT oid, org_oid, client_id FROM api_keys WHERE key = ?", key).Scan(&k.OID, &k.OrgOID, &k.ClientID)
	if errors.Is(err, sql.ErrNoRows) {
		return k, false, nil
	}
	return k, err == nil, err
}

// APIKeys lists every key.
func APIKeys(ctx context.Context, q store.Queryer) ([]APIKey, error) {
	rows, err := q.QueryContext(ctx, "SELECT key, oid, org_oid, client_id FROM api_keys ORDER BY oid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []APIKey
	for rows.Next() {
		var k APIKey
		if err := rows.Scan(&k.Key, &k.OID, &k.OrgOID, &k.ClientID); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}
