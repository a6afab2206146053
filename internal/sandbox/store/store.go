// Package store is the one database of the embedded portal: a SQLite file that
// several processes may use at once. It opens, migrates and runs transactions;
// what the tables mean belongs to the packages that bring their Schema. Only
// packages under internal/sandbox may import it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the name of the database inside the portal's folder.
const FileName = "portal.db"

// Schema is what one package keeps in the database.
type Schema struct {
	// Name is the owner's name; it never changes.
	Name string
	// Migrations are SQL scripts in order; the version of the schema is their
	// number. A released script is never edited, only followed by another.
	Migrations []string
	// Keep names tables that Reset leaves alone (keys, settings of the portal).
	Keep []string
	// Fill writes the rows that the portal is born with. It runs once, in the
	// transaction that created the schema, and again after Reset. May be nil.
	Fill func(ctx context.Context, tx *sql.Tx) error
}

// Queryer is what *sql.Tx offers for reading and writing rows; domain packages
// take it so that the caller decides the transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// DB is the open database. Its methods may be called from any goroutine.
type DB struct {
	path    string
	schemas []Schema
	write   *sql.DB
	read    *sql.DB

	writer   writer // writers queue here, not on the file
	versions versions
}

// ErrNewer means that the file was written by a later version of the program.
var ErrNewer = errors.New("the portal's database was made by a later version of epgu")

// Open opens the database in dir, making both when absent (0700, 0600), and
// brings every schema up to date. When nothing changed since the last Open it
// costs one pragma. Schemas are filled in the order given.
func Open(ctx context.Context, dir string, schemas ...Schema) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the portal's folder: %w", err)
	}
	path := filepath.Join(dir, FileName)
	// SQLite gives its own files the mode of the main one, so making that
	// first keeps the journal private as well.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the portal's database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	common := "file:" + uriPath(path) +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)"
	// What was answered must outlive the machine's power, not only the process:
	// a commit waits for the disk (FULL), and many share one. The log may grow to
	// 16 MB before it is copied into the file: pages that change often are copied
	// once then. What is kept to undo a part of a transaction stays in memory.
	asker := &asker{}
	writes, err := connections(common+"&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)&_pragma=temp_store(2)&_pragma=cache_size(-16384)", "BEGIN IMMEDIATE", asker)
	if err != nil {
		return nil, err
	}
	writes.last = "PRAGMA busy_timeout = 1" // once it is open, the writer itself sees to who is at it
	reads, err := connections(common+"&_pragma=synchronous(NORMAL)&_pragma=query_only(1)", "BEGIN", nil)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, schemas: schemas, write: writes.pool(1), read: reads.pool(4), versions: versions{connector: reads}}
	db.writer = writer{pool: db.write, asker: asker, came: make(chan struct{}, 1)}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// uriPath spells an absolute path for SQLite's file: addresses, which begin
// with a slash also before a drive letter.
func uriPath(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Path: p}).EscapedPath()
}

// Close closes the database.
func (db *DB) Close() error {
	return errors.Join(db.versions.close(), db.read.Close(), db.write.Close())
}

// Write runs f in a transaction that excludes every other writer, also of other
// processes, and returns when what f did is on the disk. Reads inside f see the
// latest state. Writes that wait at once share a transaction and its commit; when
// f fails or panics only its own work is undone. f must not wait for anything but
// the database. Under a context of Within, f is a part of the transaction there.
func (db *DB) Write(ctx context.Context, f func(tx *sql.Tx) error) error {
	if tx, ok := ctx.Value(withinKey{}).(*sql.Tx); ok {
		return inSavepoint(ctx, tx, f)
	}
	defer unpin(ctx)
	return db.writer.write(ctx, false, f)
}

// Read runs f in one transaction that sees a single state of the database and
// never waits for writers. Under a context of Within it sees what the
// transaction there wrote.
func (db *DB) Read(ctx context.Context, f func(tx *sql.Tx) error) error {
	if tx, ok := ctx.Value(withinKey{}).(*sql.Tx); ok {
		return f(tx)
	}
	return inTx(ctx, db.read, f)
}

type withinKey struct{}

// Within returns a context under which Write and Read of the same database work
// inside tx, so that whoever opened tx decides whether all of it happened. It
// is for one goroutine at a time.
func Within(ctx context.Context, tx *sql.Tx) context.Context {
	return context.WithValue(ctx, withinKey{}, tx)
}

func inSavepoint(ctx context.Context, tx *sql.Tx, f func(*sql.Tx) error) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_, undo := tx.ExecContext(ctx, "ROLLBACK TO part; RELEASE part")
		return errors.Join(err, undo)
	}
	_, err := tx.ExecContext(ctx, "RELEASE part")
	return err
}

func inTx(ctx context.Context, pool *sql.DB, f func(*sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after Commit it is a no-op, else the first error matters
	err = f(tx)
	if err == nil {
		if err = tx.Commit(); err != nil {
			err = fmt.Errorf("commit: %w", err)
		}
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		// Whoever asked has gone, and the transaction was rolled back under f.
		return context.Cause(ctx)
	}
	return err
}

// fingerprint stands for the set of schemas and their versions; it is kept in
// user_version so that an unchanged program checks nothing else.
func (db *DB) fingerprint() int32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "own %d\n", len(ownMigrations()))
	for _, s := range db.schemas {
		fmt.Fprintf(h, "%s %d\n", s.Name, len(s.Migrations))
	}
	return int32(h.Sum32()&0x7fffffff) | 1
}

func (db *DB) migrate(ctx context.Context) error {
	want := db.fingerprint()
	var have int32
	if err := db.read.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("read the portal's database: %w", err)
	}
	if have == want {
		return nil
	}
	return db.writer.write(ctx, true, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_versions(
			name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT`); err != nil {
			return err
		}
		own := Schema{Name: "store", Migrations: ownMigrations()}
		if _, err := upgrade(ctx, tx, own); err != nil {
			return err
		}
		for _, s := range db.schemas {
			born, err := upgrade(ctx, tx, s)
			if err != nil {
				return err
			}
			if born && s.Fill != nil {
				if err := s.Fill(ctx, tx); err != nil {
					return fmt.Errorf("fill schema %s: %w", s.Name, err)
				}
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", want))
		return err
	})
}

// upgrade runs the scripts of s that have not run yet and reports whether
// there were none before.
func upgrade(ctx context.Context, tx *sql.Tx, s Schema) (born bool, err error) {
	var have int
	err = tx.QueryRowContext(ctx, "SELECT version FROM schema_versions WHERE name = ?", s.Name).Scan(&have)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	born = errors.Is(err, sql.ErrNoRows)
	if have > len(s.Migrations) {
		return false, fmt.Errorf("schema %s: version %d, this program knows %d: %w", s.Name, have, len(s.Migrations), ErrNewer)
	}
	for i, script := range s.Migrations[have:] {
		if _, err := tx.ExecContext(ctx, script); err != nil {
			return false, fmt.Errorf("schema %s, version %d: %w", s.Name, have+i+1, err)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO schema_versions(name, version) VALUES(?, ?)
		ON CONFLICT(name) DO UPDATE SET version = excluded.version`, s.Name, len(s.Migrations))
	return born, err
}
