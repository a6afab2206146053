package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// session is a connection that speaks to the server in the few types that the journal
// has. It rests on pgconn alone: pgx's own layer brings a codec for every type that
// PostgreSQL knows, which is a twentieth of the whole program.
//
// A statement with arguments is prepared when it is first asked and kept, as its plan
// is, for the life of the session. Results come in the binary format.
type session struct {
	pg   *pgconn.PgConn
	kept map[string]*pgconn.StatementDescription
}

// errNoRow says that a question for one row had no answer.
var errNoRow = errors.New("no row in the answer")

func dial(ctx context.Context, cfg *pgconn.Config) (*session, error) {
	pg, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &session{pg: pg, kept: map[string]*pgconn.StatementDescription{}}, nil
}

// quoted is a name as an identifier of SQL.
func quoted(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}

// exec runs statements without arguments, several at once when ";" stands between
// them, and returns the tag of the last.
func (s *session) exec(ctx context.Context, sql string) (pgconn.CommandTag, error) {
	results, err := s.pg.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return pgconn.CommandTag{}, err
	}
	return results[len(results)-1].CommandTag, nil
}

// exact runs one statement with arguments.
func (s *session) exact(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	r, err := s.ask(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return r.Close()
}

// each runs a question and calls row for each row of the answer; the values may be
// read until it returns.
func (s *session) each(ctx context.Context, sql string, args []any, row func(values) error) error {
	r, err := s.ask(ctx, sql, args)
	if err != nil {
		return err
	}
	for err == nil && r.NextRow() {
		err = row(r.Values())
	}
	if _, end := r.Close(); err == nil {
		err = end
	}
	return err
}

// one reads the only row of an answer.
func (s *session) one(ctx context.Context, sql string, args []any, into ...any) error {
	found := false
	err := s.each(ctx, sql, args, func(v values) error {
		found = true
		return v.scan(into...)
	})
	if err == nil && !found {
		return errNoRow
	}
	return err
}

func (s *session) ask(ctx context.Context, sql string, args []any) (*pgconn.ResultReader, error) {
	st, err := s.prepared(ctx, sql)
	if err != nil {
		return nil, err
	}
	parameters, formats, err := encode(args)
	if err != nil {
		return nil, err
	}
	return s.pg.ExecStatement(ctx, st, parameters, formats, binaryResults()), nil
}

func (s *session) prepared(ctx context.Context, sql string) (*pgconn.StatementDescription, error) {
	if st, ok := s.kept[sql]; ok {
		return st, nil
	}
	st, err := s.pg.Prepare(ctx, "epgu_"+strconv.Itoa(len(s.kept)), sql, nil)
	if err != nil {
		return nil, err
	}
	s.kept[sql] = st
	return st, nil
}

// turn is statements that go to the server together.
type turn struct{ statements []statement }

type statement struct {
	sql  string
	args []any
}

func (t *turn) queue(sql string, args ...any) {
	t.statements = append(t.statements, statement{sql, args})
}

// send sends a turn and calls answer with the rows of each statement, which are few.
func (s *session) send(ctx context.Context, t *turn, answer func(i int, rows []values) error) error {
	var b pgconn.Batch
	for _, q := range t.statements {
		st, err := s.prepared(ctx, q.sql)
		if err != nil {
			return err
		}
		parameters, formats, err := encode(q.args)
		if err != nil {
			return err
		}
		b.ExecStatement(st, parameters, formats, binaryResults())
	}
	results := s.pg.ExecBatch(ctx, &b)
	var err error
	for i := 0; err == nil && results.NextResult(); i++ {
		var rows []values
		for r := results.ResultReader(); r.NextRow(); {
			row := make(values, len(r.Values()))
			for c, v := range r.Values() {
				row[c] = slices.Clone(v) // nil stays nil
			}
			rows = append(rows, row)
		}
		if _, err = results.ResultReader().Close(); err == nil && answer != nil {
			err = answer(i, rows)
		}
	}
	if end := results.Close(); err == nil {
		err = end
	}
	return err
}

func (s *session) closed() bool { return s.pg.IsClosed() }

func (s *session) close(ctx context.Context) error { return s.pg.Close(ctx) }

func binaryResults() []int16 { return []int16{1} }

// Numbers of the types of array elements, from pg_type.dat.
const (
	oidBool  = 16
	oidBytea = 17
	oidInt8  = 20
	oidInt4  = 23
	oidText  = 25
)

// encode makes arguments of them: numbers and words as text, whose type the server
// knows from the statement; bytes and arrays in the binary format.
func encode(args []any) (parameters [][]byte, formats []int16, err error) {
	parameters, formats = make([][]byte, len(args)), make([]int16, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			parameters[i] = []byte(a)
		case int64:
			parameters[i] = strconv.AppendInt(nil, a, 10)
		case int32:
			parameters[i] = strconv.AppendInt(nil, int64(a), 10)
		case int:
			parameters[i] = strconv.AppendInt(nil, int64(a), 10)
		case bool:
			parameters[i] = strconv.AppendBool(nil, a)
		case []byte:
			parameters[i], formats[i] = a, 1
		case []string:
			parameters[i], formats[i] = array(oidText, a, func(b []byte, s string) []byte { return append(b, s...) }), 1
		case []int64:
			parameters[i], formats[i] = array(oidInt8, a, func(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }), 1
		case []int32:
			parameters[i], formats[i] = array(oidInt4, a, func(b []byte, n int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }), 1
		case []bool:
			parameters[i], formats[i] = array(oidBool, a, func(b []byte, is bool) []byte {
				if is {
					return append(b, 1)
				}
				return append(b, 0)
			}), 1
		case [][]byte:
			parameters[i], formats[i] = array(oidBytea, a, func(b, v []byte) []byte {
				if v == nil {
					return nil
				}
				return append(b, v...)
			}), 1
		default:
			return nil, nil, fmt.Errorf("argument %d of a statement is of the type %T", i+1, a)
		}
	}
	return parameters, formats, nil
}

// array is a one-dimensional array in PostgreSQL's binary format: the number of
// dimensions, whether there is a NULL, the type of the elements, their number and the
// lowest index, then each element after its length; -1 stands for NULL. What add
// returns as nil is NULL.
func array[E any](oid uint32, elements []E, add func([]byte, E) []byte) []byte {
	b := make([]byte, 0, 20+12*len(elements))
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, oid)
	b = binary.BigEndian.AppendUint32(b, uint32(len(elements)))
	b = binary.BigEndian.AppendUint32(b, 1)
	for _, e := range elements {
		at := len(b)
		b = binary.BigEndian.AppendUint32(b, 1<<32-1)
		longer := add(b, e)
		if longer == nil {
			binary.BigEndian.PutUint32(b[4:], 1)
			continue
		}
		b = longer
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	return b
}

// values are a row in the binary format; nil is NULL.
type values [][]byte

// scan reads a row: integers of two, four and eight bytes, booleans, text, and bytes.
// A NULL leaves nil bytes and a nil number; nothing else takes one.
func (v values) scan(into ...any) error {
	if len(v) != len(into) {
		return fmt.Errorf("the answer has %d columns instead of %d", len(v), len(into))
	}
	for i, to := range into {
		var err error
		switch to := to.(type) {
		case *[]byte:
			*to = slices.Clone(v[i])
		case **int64:
			*to = nil
			if v[i] != nil {
				var n int64
				n, err = integer(v[i])
				*to = &n
			}
		case *int64:
			*to, err = integer(v[i])
		case *int:
			var n int64
			n, err = integer(v[i])
			*to = int(n)
		case *bool:
			if len(v[i]) != 1 {
				err = fmt.Errorf("%d bytes are no boolean", len(v[i]))
			} else {
				*to = v[i][0] != 0
			}
		case *string:
			if v[i] == nil {
				err = errors.New("text is NULL")
			}
			*to = string(v[i])
		default:
			err = fmt.Errorf("nothing is read into %T", to)
		}
		if err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func integer(b []byte) (int64, error) {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))), nil
	case 8:
		return int64(binary.BigEndian.Uint64(b)), nil
	}
	return 0, fmt.Errorf("%d bytes are no integer", len(b))
}
