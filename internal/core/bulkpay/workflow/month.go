package workflow

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// FlawTitle names a flaw of a closed month.
func FlawTitle(what string) i18n.Text {
	switch what {
	case month.Missing:
		return i18n.Text{RU: "пропал", EN: "missing"}
	case month.Changed:
		return i18n.Text{RU: "изменён", EN: "changed"}
	case month.Extra:
		return i18n.Text{RU: "лишний, в описи его нет", EN: "added, the manifest does not know it"}
	}
	return i18n.Text{RU: "цепочка журнала не сходится", EN: "the journal's chain does not hold"}
}

func ChangedMonth(v *month.Verified) error {
	e := fault.New(exitcode.Failure, "month.changed", i18n.Text{RU: "папка не та, что была закрыта: отличий %d", EN: "the folder is not what was closed: %d differences"}.With(len(v.Flaws)))
	for i, f := range v.Flaws {
		if i == 100 {
			break
		}
		e.Fields = append(e.Fields, fault.Field{Name: f.Path, Message: FlawTitle(f.What).With()})
	}
	return e
}

// TrainingAddress reports whether the address alone tells that a portal is a training
// one: the embedded portal's and loopback ones do.
func TrainingAddress(portal string) bool {
	u, err := url.Parse(portal)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".invalid")
}

// OfPlan is a payment of the journal that belongs to a plan.
func OfPlan(ctx context.Context, j journal.Journal, p *planfile.Plan, id string) (journal.Payment, error) {
	q, err := j.Payment(ctx, id)
	if err == nil && q.Run != p.Header.ID {
		err = fault.New(exitcode.NotFound, "decision.other_plan", i18n.Text{
			RU: "платёж %s не из этого плана", EN: "payment %s does not belong to this plan"}.With(id))
	}
	return q, err
}
