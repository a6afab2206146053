package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/epgu-cli/epgu/internal/journal"
)

// readers is how many reads may go on at once.
const readers = 4

// dsn is the database's address with the settings that its durability rests on.
func (s *store) dsn(write bool) (string, error) {
	path, err := filepath.Abs(s.path())
	if err != nil {
		return "", failure(err)
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	q := url.Values{}
	pragmas := []string{fmt.Sprintf("busy_timeout(%d)", s.o.Wait.Milliseconds())}
	if write {
		q.Set("_txlock", "immediate")
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-6144)",
			"wal_autocheckpoint(4000)", "journal_size_limit(33554432)", "temp_store(MEMORY)")
	} else {
		q.Set("_txlock", "deferred")
		pragmas = append(pragmas, "query_only(1)", "cache_size(-4096)")
	}
	q["_pragma"] = pragmas
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String(), nil
}

// database opens the file; the first connection makes it with mode 0600.
func (s *store) database(write bool) (*sql.DB, error) {
	if err := s.folder(); err != nil {
		return nil, err
	}
	if err := s.private(); err != nil {
		return nil, err
	}
	dsn, err := s.dsn(write)
	if err != nil {
		return nil, err
	}
	c, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, failure(err)
	}
	db := sql.OpenDB(c)
	if write {
		db.SetMaxOpenConns(1)
	} else {
		db.SetMaxOpenConns(readers)
		db.SetMaxIdleConns(readers)
	}
	return db, nil
}

// connect opens the connection that writes. A new database is put into WAL mode by
// it, for which SQLite waits for nobody: two processes that do so at once would each
// find the other in the way.
func (s *store) connect(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	if err := s.marks.lock.Lock(); err != nil {
		return nil, failure(err)
	}
	c, err := db.Conn(ctx)
	return c, errors.Join(failure(err), failure(s.marks.lock.Unlock()))
}

// private makes an empty database that only the user may read, where there is
// none. It never opens one that is there: closing the descriptor again would give
// up the locks that SQLite holds on it anywhere in this process. So a new one is
// made under another name and gets its own by a link.
func (s *store) private() error {
	if _, err := os.Lstat(s.path()); !errors.Is(err, fs.ErrNotExist) {
		return failure(err)
	}
	f, err := os.CreateTemp(s.o.Dir, "new-") // 0600
	if err != nil {
		return failure(err)
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return failure(err)
	}
	// Where the file system knows no links SQLite makes the file itself; the folder
	// is private all the same.
	_ = os.Link(f.Name(), s.path())
	return nil
}

// migrate brings the schema up to date; a new journal is known from then on.
func (s *store) migrate(ctx context.Context, c *sql.Conn, fresh bool) (err error) {
	if !fresh {
		return migrate(ctx, c)
	}
	if err := s.marks.lock.Lock(); err != nil {
		return failure(err)
	}
	defer func() { err = errors.Join(err, s.marks.lock.Unlock()) }()
	version, _, err := schema(ctx, c)
	if err != nil || version != 0 { // another process was first, and has marked it
		return err
	}
	if err := migrate(ctx, c); err != nil {
		return err
	}
	m := mark{}
	if err := c.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&m.schema); err != nil {
		return failure(err)
	}
	if m.file, err = s.marks.trace(); err != nil {
		return err
	}
	return s.marks.write(m)
}

// migrate brings the schema to the version of this programme, in one
// transaction, and refuses one that this programme may not write to.
func migrate(ctx context.Context, c *sql.Conn) error {
	version, compat, err := schema(ctx, c)
	if err != nil {
		return err
	}
	if compat > schemaVersion {
		return journal.Newer(version, schemaVersion)
	}
	if version >= schemaVersion {
		return nil
	}
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return failure(err)
	}
	err = func() error {
		version, _, err := schema(ctx, c) // another process may have been first
		if err != nil || version >= schemaVersion {
			return err
		}
		for _, step := range migrations()[version:] {
			if _, err := c.ExecContext(ctx, step); err != nil {
				return failure(fmt.Errorf("migrate the journal: %w", err))
			}
		}
		if _, err := c.ExecContext(ctx, `INSERT INTO meta (one, version, compat) VALUES (1, ?, ?)
			ON CONFLICT (one) DO UPDATE SET version = excluded.version, compat = excluded.compat`, schemaVersion, schemaCompat); err != nil {
			return failure(err)
		}
		return nil
	}()
	if err != nil {
		_, back := c.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, back)
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		return failure(err)
	}
	return nil
}

// schema returns the version of the database, 0 for an empty one.
func schema(ctx context.Context, c *sql.Conn) (version, compat int, err error) {
	var n int
	if err := c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").Scan(&n); err != nil {
		return 0, 0, failure(err)
	}
	if n == 0 {
		return 0, 0, nil
	}
	if err := c.QueryRowContext(ctx, "SELECT version, compat FROM meta").Scan(&version, &compat); err != nil {
		return 0, 0, failure(err)
	}
	return version, compat, nil
}

// failure turns an error of the disk or of SQLite into one of the journal's.
func failure(err error) error {
	var se *driver.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &se):
		switch se.Code() & 0xff {
		case lib.SQLITE_FULL:
			return journal.NoSpace(err)
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			return journal.Busy(err)
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
			return &journal.CorruptError{Bad: journal.BadEvent{Fault: journal.Torn, Detail: strconv.Quote(se.Error())}}
		}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EFBIG):
		return journal.NoSpace(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return journal.Store(err)
}
