package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// sealed reports whether err says that the journal's folder cannot be written
// to: a copy on a read-only disk, or somebody else's folder.
func sealed(err error) bool {
	var se *driver.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
			return true
		}
	}
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// onlyRead is the error of writing to a journal that was opened for reading.
func onlyRead() error {
	return fault.New(exitcode.Conflict, "journal.read_only", i18n.Say(
		"журнал открыт только для чтения: это копия или папка без права записи", "the journal is open for reading only: a copy, or a folder that may not be written to"))
}

// openSealed opens the database without changing a byte of its folder. A write-
// ahead log that holds anything can only be read beside the database with a file
// of SQLite's own, so both are copied to a private folder first.
func (s *store) openSealed(ctx context.Context) (*sql.DB, error) {
	s.sealed = true
	if _, err := os.Stat(s.path()); errors.Is(err, fs.ErrNotExist) {
		if kept, ok, err := readHead(s.headPath()); err == nil && ok && kept.Seq > 0 {
			return nil, &journal.CorruptError{Bad: journal.BadEvent{Seq: 1, Fault: journal.Truncated,
				Detail: fmt.Sprintf("there is no database, the separately kept head is event %d", kept.Seq)}}
		}
		return nil, fault.New(exitcode.NotFound, "journal.absent", i18n.Text{RU: "в папке %s нет журнала", EN: "folder %s holds no journal"}.With(s.o.Dir)).
			Advise(i18n.Say("нужна папка, в которой лежат journal.db и journal.head", "name the folder that holds journal.db and journal.head"))
	} else if err != nil {
		return nil, failure(err)
	}
	if s.lives() {
		// Its writers keep the log's index; reading beside them is safe.
		if db, err := s.sealedAt(ctx, s.path(), "ro"); err == nil {
			return db, nil
		}
	}
	wal, err := os.Stat(s.path() + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && wal.Size() == 0:
		return s.sealedAt(ctx, s.path(), "immutable")
	case err != nil:
		return nil, failure(err)
	}
	if s.temp, err = os.MkdirTemp("", "epgu-journal-"); err != nil {
		return nil, failure(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := duplicate(s.path()+suffix, filepath.Join(s.temp, "journal.db"+suffix)); err != nil {
			return nil, failure(err)
		}
	}
	return s.sealedAt(ctx, filepath.Join(s.temp, "journal.db"), "copy")
}

// lives reports whether some process has this journal open.
func (s *store) lives() bool {
	locks, err := filepath.Glob(filepath.Join(s.o.Dir, "owners", "*.lock"))
	if err != nil {
		return false
	}
	for _, path := range locks {
		l := flock.New(path, flock.SetFlag(os.O_RDONLY))
		free, err := l.TryRLock()
		_ = l.Close()
		if err == nil && !free {
			return true
		}
	}
	return false
}

func (s *store) sealedAt(ctx context.Context, path, how string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, failure(err)
	}
	if abs = filepath.ToSlash(abs); abs[0] != '/' {
		abs = "/" + abs // a drive letter
	}
	q := url.Values{"_txlock": {"deferred"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", s.o.Wait.Milliseconds()), "query_only(1)", "cache_size(-4096)"}}
	switch how {
	case "ro":
		q.Set("mode", "ro")
	case "immutable":
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	}
	c, err := driver.NewConnector((&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, failure(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	if err := s.known(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// known refuses a database that this programme cannot read as it stands.
func (s *store) known(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return failure(err)
	}
	defer c.Close()
	version, compat, err := schema(ctx, c)
	switch {
	case err != nil:
		return err
	case compat > schemaVersion:
		return journal.Newer(version, schemaVersion)
	case version == 0:
		if kept, ok, err := readHead(s.headPath()); err == nil && ok && kept.Seq > 0 {
			return &journal.CorruptError{Bad: journal.BadEvent{Seq: 1, Fault: journal.Truncated,
				Detail: fmt.Sprintf("the database is empty, the separately kept head is event %d", kept.Seq)}}
		}
		return fault.New(exitcode.NotFound, "journal.absent", i18n.Text{RU: "журнал в папке %s пуст", EN: "the journal in folder %s is empty"}.With(s.o.Dir))
	}
	return nil
}

func duplicate(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
