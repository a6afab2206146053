//go:build unix

package postgres

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
)

// What we write is judged by pgx's own codecs, which the program does not link.
func TestArraysAreWhatPgxReads(t *testing.T) {
	types := pgtype.NewMap()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.StringMatching(`[^\x00]*`)).Draw(t, "texts")
		numbers := rapid.SliceOf(rapid.Int64()).Draw(t, "numbers")
		short := rapid.SliceOf(rapid.Int32()).Draw(t, "short")
		flags := rapid.SliceOf(rapid.Bool()).Draw(t, "flags")
		blobs := rapid.SliceOf(rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Just([]byte(nil)))).Draw(t, "blobs")
		var texts2 []string
		var numbers2 []int64
		var short2 []int32
		var flags2 []bool
		var blobs2 [][]byte
		for _, c := range []struct {
			oid      uint32
			in, back any
		}{
			{pgtype.TextArrayOID, texts, &texts2}, {pgtype.Int8ArrayOID, numbers, &numbers2}, {pgtype.Int4ArrayOID, short, &short2},
			{pgtype.BoolArrayOID, flags, &flags2}, {pgtype.ByteaArrayOID, blobs, &blobs2},
		} {
			out, formats, err := encode([]any{c.in})
			if err != nil || formats[0] != 1 {
				t.Fatal(formats, err)
			}
			if err := types.Scan(c.oid, pgtype.BinaryFormatCode, out[0], c.back); err != nil {
				t.Fatalf("%T: %v", c.in, err)
			}
		}
		if !slices.Equal(texts, texts2) || !slices.Equal(numbers, numbers2) || !slices.Equal(short, short2) || !slices.Equal(flags, flags2) || len(blobs) != len(blobs2) {
			t.Fatalf("%v %v", texts, texts2)
		}
		for i := range blobs {
			if (blobs[i] == nil) != (blobs2[i] == nil) || string(blobs[i]) != string(blobs2[i]) {
				t.Fatalf("%v came back as %v", blobs, blobs2)
			}
		}
	})
}

// A server gives back what went in, of each type that the journal has.
func TestValuesGoThereAndBack(t *testing.T) {
	c, err := pgcluster.Start(pgcluster.Memory())
	if errors.Is(err, pgcluster.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	})
	cfg, err := pgconn.ParseConfig(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dial(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(t.Context())

	var text string
	var big, small int64
	var number int
	var flag bool
	var blob, none []byte
	var absent *int64
	blob = []byte{0, 1, '\\', 255}
	in := "it's \"x\"\t\\ слово"
	err = s.one(t.Context(), "SELECT $1::text, $2::bigint, $3::smallint, $4::integer, $5::boolean, $6::bytea, NULL::bytea, NULL::bigint",
		[]any{in, int64(-1 << 62), -7, int32(1 << 30), true, blob}, &text, &big, &small, &number, &flag, &blob, &none, &absent)
	if err != nil || text != in || big != -1<<62 || small != -7 || number != 1<<30 || !flag || string(blob) != "\x00\x01\\\xff" || none != nil || absent != nil {
		t.Errorf("%q %d %d %d %v %x %x %v: %v", text, big, small, number, flag, blob, none, absent, err)
	}
	if err := s.one(t.Context(), "SELECT 1 WHERE false", nil, &big); !errors.Is(err, errNoRow) {
		t.Errorf("no row: %v", err)
	}
	if err := s.one(t.Context(), "SELECT NULL::text", nil, &text); err == nil {
		t.Error("a NULL is read as text")
	}
	if err := s.one(t.Context(), "SELECT 1, 2", nil, &big); err == nil {
		t.Error("a column is left out in silence")
	}

	var got [][]string
	var b turn
	b.queue("CREATE TEMP TABLE x (n bigint, w text)")
	if err := s.send(t.Context(), &b, nil); err != nil {
		t.Fatal(err)
	}
	b = turn{}
	b.queue("INSERT INTO x SELECT * FROM unnest($1::bigint[], $2::text[])", []int64{1, 2}, []string{"a,{}", "\"NULL\""})
	b.queue("SELECT n::text, w FROM x ORDER BY n")
	err = s.send(t.Context(), &b, func(i int, rows []values) error {
		for _, r := range rows {
			var n, w string
			if err := r.scan(&n, &w); err != nil {
				return err
			}
			got = append(got, []string{fmt.Sprint(i), n, w})
		}
		return nil
	})
	if want := [][]string{{"1", "1", "a,{}"}, {"1", "2", "\"NULL\""}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v: %v", got, err)
	}
	b = turn{}
	b.queue("INSERT INTO x VALUES (3, '')")
	b.queue("SELECT 1 / (n - 1) FROM x")
	var pe *pgconn.PgError
	if err := s.send(t.Context(), &b, nil); !errors.As(err, &pe) || pe.Code != "22012" {
		t.Errorf("the second statement of a turn fails: %v", err)
	}
	if err := s.one(t.Context(), "SELECT count(*) FROM x", nil, &big); err != nil || big != 2 {
		t.Errorf("after a turn that failed %d rows: %v", big, err)
	}
}

func TestNamesAreQuotedAsPgxDoes(t *testing.T) {
	for _, name := range []string{"epgu", `a"b`, "a\x00b", `"; DROP SCHEMA x`, "Имя"} {
		if want := (pgx.Identifier{name}).Sanitize(); quoted(name) != want {
			t.Errorf("%q is %s, pgx says %s", name, quoted(name), want)
		}
	}
}
