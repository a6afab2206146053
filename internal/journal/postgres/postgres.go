// Package postgres is the journal of several machines: a schema in a PostgreSQL
// database. Only app and tests open it; everybody else sees journal.Journal.
//
// Writers queue at one row (head), so that the chain has one order; each takes
// the row once for a group of calls. A session advisory lock shows that an owner
// lives: the connection must therefore be a session of its own, not one of a
// pooler that shares sessions between transactions.
package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// Options says where the journal is.
type Options struct {
	URL    string        // postgres://… or a key=value string
	Schema string        // the journal's schema, made when absent; "epgu_journal" when empty
	Wait   time.Duration // how long to wait for another machine's commit; 10 s when 0
}

// Open opens the journal. It connects only when the journal is first used:
// reading takes a connection, writing another that lives as long as the owner.
func Open(_ context.Context, o Options) (journal.Journal, error) {
	if o.Schema == "" {
		o.Schema = "epgu_journal"
	}
	if o.Wait <= 0 {
		o.Wait = 10 * time.Second
	}
	owner, err := ledger.NewID()
	if err != nil {
		return nil, err
	}
	return ledger.New(&store{o: o, owner: owner, free: make(chan *reader, readers), live: make(chan struct{}, readers)}, owner), nil
}

// readers is how many reads may go on at once.
const readers = 4

// store is the backend. The writer's goroutine alone uses w.
type store struct {
	o     Options
	owner string

	mu    sync.Mutex // guards ready
	ready bool       // the schema is there
	w     *writer

	free chan *reader
	live chan struct{} // one token for each reader that exists
}

// connect opens a session with the settings that the journal rests on.
func (s *store) connect(ctx context.Context) (*session, error) {
	cfg, err := pgconn.ParseConfig(s.o.URL)
	if err != nil {
		return nil, journal.Store(errors.New("the journal's address is not understood")) // the error may quote the password
	}
	for name, value := range map[string]string{
		"application_name": "epgu",
		"search_path":      quoted(s.o.Schema),
		// A commit that returns is on the disk, whatever the role's default is.
		"synchronous_commit": "on",
		"lock_timeout":       fmt.Sprint(s.o.Wait.Milliseconds()),
		// Every question of ours has its index. The statistics of a young table say
		// that it is small, and a scan planned by them is planned for good.
		"enable_seqscan": "off",
		"jit":            "off",
		// A process that stops in the middle of a transaction does not hold up the
		// others for ever, and the session of a machine that vanished ends.
		"idle_in_transaction_session_timeout": "60s",
		"tcp_keepalives_idle":                 "20",
		"tcp_keepalives_interval":             "10",
		"tcp_keepalives_count":                "3",
	} {
		cfg.RuntimeParams[name] = value
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 15 * time.Second
	}
	c, err := dial(ctx, cfg)
	if err != nil {
		return nil, failure(err)
	}
	if err := s.migrate(ctx, c); err != nil {
		return nil, errors.Join(err, c.close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

// migrate makes the schema or brings it up to date, once, in one transaction.
func (s *store) migrate(ctx context.Context, c *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	version, compat, err := s.version(ctx, c)
	if err != nil {
		return err
	}
	if compat > schemaVersion {
		return journal.Newer(version, schemaVersion)
	}
	if version < schemaVersion {
		if err := s.upgrade(ctx, c); err != nil {
			return failure(err)
		}
	}
	s.ready = true
	return nil
}

// upgrade brings the schema to this program's version in one transaction. When it
// fails the session is closed, and the transaction with it.
func (s *store) upgrade(ctx context.Context, c *session) error {
	if _, err := c.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if _, err := c.exact(ctx, "SELECT pg_advisory_xact_lock($1)", lockNumber("schema "+s.o.Schema)); err != nil {
		return err
	}
	version, _, err := s.version(ctx, c) // another machine may have been first
	if err != nil {
		return err
	}
	if version < schemaVersion {
		steps := migrations()[version:]
		if version == 0 {
			steps = append([]string{"CREATE SCHEMA IF NOT EXISTS " + quoted(s.o.Schema) + `;
				CREATE TABLE meta (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL, compat integer NOT NULL);
				INSERT INTO meta VALUES (1, 0, 0)`}, steps...)
		}
		for _, step := range steps {
			if _, err := c.exec(ctx, step); err != nil {
				return fmt.Errorf("migrate the journal: %w", err)
			}
		}
		if _, err := c.exact(ctx, "UPDATE meta SET version = $1, compat = $2", schemaVersion, schemaCompat); err != nil {
			return err
		}
		if version == 0 { // one that was there is verified before it is written to
			if err := keepGuard(ctx, c); err != nil {
				return err
			}
		}
	}
	_, err = c.exec(ctx, "COMMIT")
	return err
}

// version returns the version of the schema, 0 for none.
func (s *store) version(ctx context.Context, c *session) (version, compat int, err error) {
	var there bool
	if err := c.one(ctx, "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta')", []any{s.o.Schema}, &there); err != nil {
		return 0, 0, failure(err)
	}
	if !there {
		return 0, 0, nil
	}
	if err := c.one(ctx, "SELECT version, compat FROM meta", nil, &version, &compat); err != nil {
		return 0, 0, failure(err)
	}
	return version, compat, nil
}

// lockNumber is the advisory lock that stands for a name.
func lockNumber(name string) int64 {
	sum := sha256.Sum256([]byte("epgu journal " + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// Dead reports whether no session holds owner's lock.
func (s *store) Dead(ctx context.Context, owner string) (bool, error) {
	n := lockNumber("owner " + owner)
	var held bool
	err := s.lend(ctx, func(r *reader) error {
		return failure(r.c.one(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
			AND classid::bigint = $1 AND objid::bigint = $2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
			[]any{int64(uint64(n) >> 32), int64(uint64(n) & 0xffffffff)}, &held))
	})
	return err == nil && !held, err
}

// Check finds nothing below the rows: PostgreSQL has its own checksums.
func (s *store) Check(context.Context, ledger.Reader) (string, error) { return "", nil }

// Close ends the sessions; the owner's lock goes with its session.
func (s *store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.Wait)
	defer cancel()
	var errs []error
	if s.w != nil {
		if !s.w.c.closed() {
			// The server may notice the end of a session later; the lock falls now. When
			// this fails it falls then.
			_, _ = s.w.c.exec(ctx, "SELECT pg_advisory_unlock_all()")
		}
		errs = append(errs, s.w.c.close(ctx))
	}
	for range len(s.live) {
		errs = append(errs, (<-s.free).c.close(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return failure(err)
	}
	return nil
}

// failure turns an error of the server into one of the journal's.
func failure(err error) error {
	var pe *pgconn.PgError
	var ce *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ce):
		return journal.Unreachable(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &pe):
		switch pe.Code {
		case "53100": // disk_full
			return journal.NoSpace(err)
		case "55P03", "40P01": // lock_not_available, deadlock_detected
			return journal.Busy(err)
		case "57P01", "57P02", "57P03": // the server is going down, has crashed, or is not up yet
			return journal.Unreachable(err)
		case "XX001", "XX002": // data_corrupted, index_corrupted
			return &journal.CorruptError{Bad: journal.BadEvent{Fault: journal.Torn, Detail: pe.Message}}
		}
	case lostConnection(err):
		return journal.Unreachable(err)
	}
	return journal.Store(err)
}

// lostConnection reports whether the session itself has fallen, and not a statement.
func lostConnection(err error) bool {
	var net net.Error
	return pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &net)
}
