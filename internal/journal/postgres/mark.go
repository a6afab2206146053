package postgres

import (
	"context"
	"fmt"

	"github.com/epgu-cli/epgu/internal/journal"
)

// guardQuery gives the state of the triggers that hold the journal's tables, and of
// their functions, as the catalogue tells it: which there are, whether they are in
// force, and which transaction has written them last. To change a row that they hold
// somebody must take them away or put them out of force, and putting them back leaves
// another transaction's number. A dump that is restored has other numbers, too: the
// journal is verified as a whole then, once.
const guardQuery = `SELECT coalesce(string_agg(x, ' ' ORDER BY x COLLATE "C"), '') FROM (
	SELECT t.tgname || ':' || t.tgenabled::text || ':' || t.xmin::text AS x FROM pg_trigger t
		WHERE t.tgrelid IN ('events'::regclass, 'entries'::regclass, 'tallies'::regclass, 'head'::regclass, 'meta'::regclass) AND NOT t.tgisinternal
	UNION ALL
	SELECT p.proname || ':' || p.xmin::text FROM pg_proc p WHERE p.oid IN ('refuse'::regproc, 'told'::regproc)) s`

// tailEvents is how many of the last events Known looks at.
const tailEvents = 512

// Known compares the catalogue with the guard that was kept, and looks whether the
// last events follow from each other.
func (s *store) Known(ctx context.Context) (look string, known bool, err error) {
	w, err := s.session(ctx)
	if err != nil {
		return "", false, late(err)
	}
	var kept string
	err = w.c.one(ctx, "SELECT ("+guardQuery+"), guard FROM meta", nil, &look, &kept)
	if err != nil {
		return "", false, failure(err)
	}
	if look != kept || look == "" {
		return look, false, nil
	}
	w.ctx = ctx
	events, err := w.Events(1<<63-1, tailEvents, true)
	if err != nil {
		return "", false, err
	}
	for i := 0; i+1 < len(events); i++ {
		if events[i].Seq != events[i+1].Seq+1 || journal.Link(events[i+1].Hash, &events[i]) != events[i].Hash {
			return look, false, nil // to be named by a look at the whole
		}
	}
	return look, true, nil
}

// Trust keeps the guard of a journal that was verified.
func (s *store) Trust(ctx context.Context, look string) (bool, error) {
	w, err := s.session(ctx)
	if err != nil {
		return false, late(err)
	}
	tag, err := w.c.exact(ctx, "UPDATE meta SET guard = $1 WHERE $1 = ("+guardQuery+")", look)
	if err != nil {
		return false, failure(err)
	}
	return tag.RowsAffected() == 1, nil
}

// keepGuard makes the journal known that tx has just made in its transaction.
func keepGuard(ctx context.Context, tx *session) error {
	if _, err := tx.exec(ctx, "UPDATE meta SET guard = ("+guardQuery+")"); err != nil {
		return fmt.Errorf("keep the guard of the journal: %w", err)
	}
	return nil
}
