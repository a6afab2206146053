package sim

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// byStatus believes a status, whoever answers with it.
func byStatus(_ *transport.Call, e *transport.Error) transport.Proof {
	switch {
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusTooManyRequests, e.Status == http.StatusServiceUnavailable && e.RetryAfter > 0:
		return transport.ProvesPutOff
	case e.Status == http.StatusRequestTimeout, e.Status >= 500, e.Status == http.StatusConflict && e.RetryAfter > 0:
		return transport.OwnWords
	}
	return transport.ProvesRefused
}

// ofAnybody believes a problem, whichever request it answers and whatever it is about.
func ofAnybody(call *transport.Call, e *transport.Error) transport.Proof {
	var p wire.Problem
	if json.Unmarshal(e.Body, &p) != nil {
		return transport.Unproven
	}
	likewise := *e
	likewise.SentID = p.RequestID
	return cabinet.Judge(&transport.Call{Path: wire.Base + "/x/{id}", Policy: call.Policy, PathParams: map[string]string{"id": p.Subject}})(&likewise)
}

// Each mistake is planted alone; that the simulation finds it is what its silence
// about the real engine is worth.
func TestSimFindsAPlantedMistakeAboutAnswers(t *testing.T) {
	const within = 400
	for name, planted := range map[string]plant{
		"a status is believed":                   {believe: byStatus},
		"a refusal of another thing is believed": {believe: ofAnybody},
		"an answer about another is believed":    {anyAnswer: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= within; seed++ {
				if _, err := runWith(seed, nil, planted); err != nil {
					t.Logf("found by seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("not found by %d seeds", within)
		})
	}
}
