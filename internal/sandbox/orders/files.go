package orders

import (
	"context"
	"database/sql"
	"errors"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Types of files on the wire.
const (
	TypeAttachment = 2 // came with the application
	TypeResult     = 3 // the department's answer
)

// File is a file of an application.
type File struct {
	ObjectID int64
	Type     int
	Name     string
	OrderID  int64
	MIME     string
	Kind     string // "REQUEST" or "ATTACHMENT"
	Signed   bool   // a detached signature came with it
	Size     int64  // bytes
	Content  []byte // nil in lists
}

// PutFile keeps a file, in place of an earlier one of the same name.
func PutFile(ctx context.Context, tx *sql.Tx, f File) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO order_files(object_id, type, name, order_id, mime, kind, signed, content) VALUES(?,?,?,?,?,?,?,?)`,
		f.ObjectID, f.Type, f.Name, f.OrderID, f.MIME, f.Kind, f.Signed, f.Content)
	return err
}

// dropFiles removes what came with an earlier archive.
func dropFiles(ctx context.Context, tx *sql.Tx, orderID int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM order_files WHERE order_id = ? AND type = ?", orderID, TypeAttachment)
	return err
}

// Files lists the files of an application without their contents.
func Files(ctx context.Context, q store.Queryer, orderID int64) ([]File, error) {
	rows, err := q.QueryContext(ctx, `SELECT object_id, type, name, order_id, mime, kind, signed, length(content) FROM order_files WHERE order_id = ? ORDER BY type, kind DESC, name`, orderID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []File
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.ObjectID, &f.Type, &f.Name, &f.OrderID, &f.MIME, &f.Kind, &f.Signed, &f.Size); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// FileOf returns one file with its content; ErrNotFound when there is none.
func FileOf(ctx context.Context, q store.Queryer, objectID int64, kind int, name string) (File, error) {
	f := File{ObjectID: objectID, Type: kind, Name: name}
	err := q.QueryRowContext(ctx, `SELECT order_id, mime, kind, signed, content FROM order_files WHERE object_id = ? AND type = ? AND name = ?`, objectID, kind, name).
		Scan(&f.OrderID, &f.MIME, &f.Kind, &f.Signed, &f.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return f, ErrNotFound
	}
	f.Size = int64(len(f.Content))
	return f, err
}

// FileByStatus returns the newest file of the order that a status belongs to, or
// ErrNotFound.
func FileByStatus(ctx context.Context, q store.Queryer, statusID int64, kind int, name string) (File, error) {
	var object int64
	err := q.QueryRowContext(ctx, `SELECT f.object_id FROM order_statuses s JOIN order_files f ON f.order_id = s.order_id
		WHERE s.id = ? AND f.type = ? AND f.name = ? ORDER BY f.object_id DESC LIMIT 1`, statusID, kind, name).Scan(&object)
	if errors.Is(err, sql.ErrNoRows) {
		return File{}, ErrNotFound
	}
	if err != nil {
		return File{}, err
	}
	return FileOf(ctx, q, object, kind, name)
}
