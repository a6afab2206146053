package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
)

const versionQuery = "PRAGMA data_version"

// versions asks what the state of the database is called. The name changes
// whenever anybody commits, in this process or in another.
type versions struct {
	connector connector

	mu    sync.Mutex
	begun uint64 // questions begun

	asking sync.Mutex
	// conn is a connection of its own, which never writes: SQLite counts by
	// connection. It is used past database/sql, because it is used so often; nil
	// until the first question.
	conn    *conn
	last    uint64 // the latest question that was answered
	version int64
}

// current returns the version of now or later. Whoever comes while a question is
// on its way waits for the next one, which answers all who wait.
func (v *versions) current() (int64, error) {
	v.mu.Lock()
	before := v.begun
	v.mu.Unlock()
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.last > before {
		return v.version, nil
	}
	v.mu.Lock()
	v.begun++
	mine := v.begun
	v.mu.Unlock()
	n, err := v.ask()
	if err != nil {
		return 0, fmt.Errorf("ask for the version of the portal's database: %w", err)
	}
	v.last, v.version = mine, n
	return n, nil
}

func (v *versions) ask() (int64, error) {
	if v.conn == nil {
		c, err := v.connector.open(context.Background())
		if err != nil {
			return 0, err
		}
		v.conn = c
	}
	r, err := v.conn.QueryContext(context.Background(), versionQuery, nil)
	if err != nil {
		return 0, err
	}
	var n [1]driver.Value
	if err := errors.Join(r.Next(n[:]), r.Close()); err != nil {
		return 0, err
	}
	version, ok := n[0].(int64)
	if !ok {
		return 0, fmt.Errorf("a version of type %T", n[0])
	}
	return version, nil
}

func (v *versions) close() error {
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.conn == nil {
		return nil
	}
	return v.conn.Close()
}

type pinKey struct{}

// pin is the version that a request began with.
type pin struct {
	mu      sync.Mutex
	asked   bool
	version int64
	used    []any // the memos that have looked by it
}

// Pin returns a context under which memos ask for the version of the database
// once for all of them, for their first look each; after a Write under it, and
// at every further look, they ask anew. It is for the beginning of a request.
func Pin(ctx context.Context) context.Context {
	return context.WithValue(ctx, pinKey{}, &pin{})
}

// unpin makes the memos ask anew: what they look at may have been changed.
func unpin(ctx context.Context) {
	if p, ok := ctx.Value(pinKey{}).(*pin); ok {
		p.mu.Lock()
		p.asked = false
		p.mu.Unlock()
	}
}

// of returns the version that a memo has to look by.
func (v *versions) of(ctx context.Context, memo any) (int64, error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok {
		return v.current()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked && !slices.Contains(p.used, memo) {
		p.used = append(p.used, memo)
		return p.version, nil
	}
	now, err := v.current()
	if err == nil {
		p.asked, p.version, p.used = true, now, append(p.used[:0], memo)
	}
	return now, err
}

// Memo keeps what was read from the database, by a key, until anybody commits
// anything, in this process or in another: then it is read anew. So it never
// tells what a reader of that moment would not have read. The zero value is
// ready to use; its values are shared and not to be changed.
type Memo[K comparable, V any] struct {
	mu      sync.Mutex
	version int64
	values  map[K]V
}

// maxMemo bounds the values that a memo keeps.
const maxMemo = 4096

// Get returns the value of a key, read by read when it is not known. Good says
// of a known value whether it still holds apart from the database (the clock may
// have moved); nil is always. Under a context of Within nothing is remembered.
func (m *Memo[K, V]) Get(ctx context.Context, db *DB, key K, good func(V) bool, read func(ctx context.Context, tx *sql.Tx) (V, error)) (V, error) {
	var v V
	load := func() error {
		return db.Read(ctx, func(tx *sql.Tx) (err error) {
			v, err = read(ctx, tx)
			return err
		})
	}
	if ctx.Value(withinKey{}) != nil {
		return v, load()
	}
	now, err := db.versions.of(ctx, m)
	if err != nil {
		return v, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.version != now || len(m.values) >= maxMemo {
		// Another caller may have seen a later version by now; then this one
		// forgets what is good, and no more.
		m.version, m.values = now, nil
	}
	if known, ok := m.values[key]; ok && (good == nil || good(known)) {
		return known, nil
	}
	if err := load(); err != nil {
		return v, err
	}
	if m.values == nil {
		m.values = map[K]V{}
	}
	m.values[key] = v
	return v, nil
}
