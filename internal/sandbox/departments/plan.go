package departments

import (
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

type outcome int

const (
	approve outcome = iota
	correct
	refuse
)

// Shares of applications that are not approved at once, of 100.
const (
	correctShare = 12
	refuseShare  = 8
)

// plan is what a department will do with an application: it follows from the
// seed and the number alone.
type plan struct {
	outcome      outcome
	pick         uint64 // which of the reasons
	registration time.Duration
	check        time.Duration
	approval     time.Duration
	decision     time.Duration
	document     bool // asks for one more document
	invite       bool // invites to come with the originals
}

func planFor(seed uint64, orderID int64, s *catalog.Service) plan {
	r := room.Draw(seed, "department", uint64(orderID)) //nolint:gosec // numbers are positive
	p := plan{}
	switch n := r.IntN(100); {
	case n < correctShare:
		p.outcome = correct
	case n < correctShare+refuseShare:
		p.outcome = refuse
	}
	p.pick = r.Uint64()
	// Between two and nine tenths of the term, to the second.
	total := time.Duration(float64(s.TermDays) * 24 * float64(time.Hour) * (0.2 + 0.7*r.Float64())).Truncate(time.Second)
	p.registration = time.Duration(5+r.IntN(55)) * time.Minute
	p.check = total / 5
	p.approval = total / 2
	p.decision = total - p.check - p.approval
	switch seed {
	case training.OutcomeApprove:
		p.outcome = approve
	case training.OutcomeDocument:
		p.outcome, p.document = approve, true
	case training.OutcomeInvite:
		p.outcome, p.invite = approve, true
	case training.OutcomeCorrect:
		p.outcome = correct
	case training.OutcomeRefuse:
		p.outcome = refuse
	}
	return p
}

// correction picks what is to be mended, among the fields and documents that
// this application has been asked for.
func (p plan) correction(s *catalog.Service, values map[string]string) catalog.Correction {
	var asked []catalog.Correction
	for _, k := range s.Corrections {
		if f := s.Field(k.Field); f != nil && f.When.Holds(values) {
			asked = append(asked, k)
		}
		if d := s.Document(k.Field); d != nil && d.Required && d.When.Holds(values) {
			asked = append(asked, k)
		}
	}
	if len(asked) == 0 {
		return catalog.Correction{Field: s.Fields[0].Name, Text: i18n.Text{
			RU: "Проверьте данные и отправьте заявление ещё раз", EN: "Check the data and send the application again",
		}}
	}
	return asked[p.pick%uint64(len(asked))]
}

func (p plan) refusal(s *catalog.Service) i18n.Text {
	if len(s.Refusals) == 0 {
		return i18n.Text{RU: "Сведения не подтвердились", EN: "The data were not confirmed"}
	}
	return s.Refusals[p.pick%uint64(len(s.Refusals))]
}
