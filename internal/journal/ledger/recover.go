package ledger

import (
	"context"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/journal"
)

// recoverGroup is how many records Recover moves in one commit, so that it does
// not hold up the writers of other processes.
const recoverGroup = 2000

// Recover settles what dead owners left; see journal.Journal.
func (l *Ledger) Recover(ctx context.Context) (journal.Recovered, error) {
	var total journal.Recovered
	var owners []string
	if err := l.read(ctx, func(r Reader) (err error) { owners, err = r.Owners(); return err }); err != nil {
		return total, err
	}
	for _, owner := range owners {
		if owner == l.owner {
			continue
		}
		dead, err := l.b.Dead(ctx, owner)
		if err != nil {
			return total, err
		}
		if !dead {
			continue
		}
		if err := l.settle(ctx, &total, func(tx Tx) ([]*Entry, error) { return tx.Owned(owner, recoverGroup) },
			"the owner is gone"); err != nil {
			return total, err
		}
	}
	err := l.settle(ctx, &total, func(tx Tx) ([]*Entry, error) {
		return tx.Expired(tx.Now().UnixMicro(), recoverGroup)
	}, "the lease has ended")
	return total, err
}

// settle moves what find gives, group by group, until it gives no more.
func (l *Ledger) settle(ctx context.Context, total *journal.Recovered, find func(Tx) ([]*Entry, error), why string) error {
	details, err := json.Marshal(map[string]string{"recovered": why})
	if err != nil {
		return journal.Store(err)
	}
	for {
		var got journal.Recovered
		err := l.submit(ctx, &op{weight: recoverGroup, run: func(g *group) error {
			got = journal.Recovered{}
			if err := g.flush(); err != nil {
				return err
			}
			entries, err := find(g.tx)
			if err != nil {
				g.broken = err
				return err
			}
			steps := make([]step, 0, len(entries))
			for _, e := range entries {
				e = g.adopt(e)
				c := journal.Change{From: e.State, Evidence: journal.Evidence{Witness: journal.Engine, Details: details}}
				if e.State == journal.Claimed {
					c.To = journal.Planned
					got.Returned++
				} else {
					c.To, c.Owner = journal.Unknown, e.Owner
					c.Reason = &journal.Reason{Code: "owner_gone"}
					got.Unknown++
				}
				steps = append(steps, step{id: e.ID, kind: e.Kind, change: c})
			}
			return g.take(steps)
		}})
		if err != nil {
			return err
		}
		total.Unknown += got.Unknown
		total.Returned += got.Returned
		if got.Unknown+got.Returned < recoverGroup {
			return nil
		}
	}
}
