package sim

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	mutants     = flag.Bool("mutants", false, "build the programme with each planted mistake and see that the simulation finds it")
	mutantSeeds = flag.Int("mutant-seeds", 10_000, "how many seeds a planted mistake has to be found within")
)

// mutant is a mistake that is put into the programme for one run of the simulation.
type mutant struct {
	fault  string // of the five by which money once moved twice, astray or out of sight; else what it is about
	what   string
	worlds string // the test that finds it
	edits  []edit
}

// edit replaces one passage of a file of the module.
type edit struct{ file, old, new string }

const (
	portalWorlds = "TestSimNoSeedPaysTwiceOrForgets"
	bankWorlds   = "TestSimNoSeedSendsTwiceOrForgetsByBankFiles"
	deskWorlds   = "TestSimNoIntentionMovesMoneyTwice"
	applying     = "TestSimNoApplicationIsMadeTwiceOrForgotten"
	directWorlds = "TestSimNoSeedSendsTwiceOrForgetsByDirectBank"
)

func planted() []mutant {
	return []mutant{
		{"1 answers", "any problem is believed, whichever request it answers", portalWorlds, []edit{{"internal/portal/cabinet/proof.go",
			"p.RequestID == \"\" || p.RequestID != e.SentID || p.Subject != subjectOf(call)", "subjectOf(call) == \"none\""}}},
		{"2 what was approved", "the hash of a block and the root of its payments are not checked", portalWorlds, []edit{
			{"internal/core/bulkpay/planfile/read.go", "s.tree.root() != p.blocks[i].root {", "s.tree.root() != p.blocks[i].root && false {"},
			{"internal/core/bulkpay/planfile/read.go", "if sha256.Sum256(buf) != b.sum {", "if sha256.Sum256(buf) != b.sum && false {"}}},
		{"2 what was approved", "the register is read again and trusted", portalWorlds, []edit{{"internal/heldfile/heldfile.go",
			"	if sha256.Sum256(b) != h.blocks[i] {", "	if sha256.Sum256(b) != h.blocks[i] && false {"}}},
		{"2 what was approved", "the policy is read again and trusted", portalWorlds, []edit{{"internal/core/bulkpay/approval/rules.go",
			"	if s.Trust == nil {", "	if policy.SHA256 != \"\" {\n		again, err := loadPolicy(s.Files, path)\n		if err != nil {\n			return nil, err\n		}\n		again.SHA256 = policy.SHA256\n		policy = again\n	}\n	if s.Trust == nil {"}}},
		{"2 what was approved", "any policy will do", portalWorlds, []edit{{"internal/core/bulkpay/approval/approval.go",
			"	case want == \"\" || want == policy.SHA256:", "	case want == want:"}}},
		{"2 what was approved", "signatures are checked over another reading than the one that is used", portalWorlds, []edit{{"internal/core/bulkpay/approval/rules.go",
			"	return Check(ctx, p, all, r.Policy, r.verifier)\n}\n\n// Sign", "	so, err := Check(ctx, p, all, r.Policy, r.verifier)\n	if again, _ := load(r.files, Path(path)); so != nil && len(again) == len(so.Verdicts) {\n		for i := range again {\n			so.Verdicts[i].Approval = again[i]\n		}\n	}\n	return so, err\n}\n\n// Sign"}}},
		{"2 what was approved", "a run that goes on believes the file of payers anew", bankWorlds, []edit{{"internal/core/bulkpay/bankroad/accounts.go",
			"	if r.OtherAccounts {\n		return nil\n	}\n	d, err := r.drawnSoFar(ctx, nil)", "	if true {\n		return nil\n	}\n	d, err := r.drawnSoFar(ctx, nil)"},
			{"internal/core/bulkpay/bankroad/accounts.go", "	if s.road.OtherAccounts {", "	if true {"}}},
		{"2 what was approved", "two that begin at once believe their own files of payers", bankWorlds, []edit{{"internal/core/bulkpay/bankroad/accounts.go",
			"	if s.road.OtherAccounts {", "	if true {"}}},
		{"3 overrides", "the same reason is another intention each time", deskWorlds, []edit{
			{"internal/journal/rules.go", "if SameReason(a.Again, w.Again) {", "if a.Again == \"\" && w.Again == \"\" {"},
			{"internal/core/billing/billing.go", "override != nil && !journal.SameReason(p.Again(), override.Reason)", "override != nil"}}},
		{"4 bank files", "what a dead run has left is not looked for", bankWorlds, []edit{{"internal/core/bankfiles/shelf.go",
			"case it.fate == fileset.Withdrawn:", "case false:"}}},
		{"4 bank files", "what stands in a file is not accepted", bankWorlds, []edit{{"internal/core/bankfiles/shelf.go",
			"case it.fate == fileset.Published && it.numbers[c.Number] == p.AmountKopecks:", "case false:"}}},
		{"4 bank files", "a file that is gone counts as never shown", bankWorlds, []edit{{"internal/core/bankfiles/shelf.go",
			"case it.fate == fileset.Withdrawn:", "case it.fate == fileset.Withdrawn, it.fate == fileset.Gone:"}}},
		{"4 bank files", "what is left is swept after the dead are settled", bankWorlds, []edit{{"internal/core/bankfiles/shelf.go",
			"	for _, id := range left {", "	if left, err = shelf.Left(dir, prefix); err != nil {\n\t\treturn out, err\n\t}\n	for _, id := range left {"}}},
		{"4 bank files", "rows go back to planned although their files were shown", bankWorlds, []edit{{"internal/core/bulkpay/bankroad/set.go",
			"		return false, bankfiles.NotWritten(at, err)", "		return false, s.back(ctx, err)"}}},
		{"5 the journal's words", "a journal that was changed is written to", bankWorlds, []edit{{"internal/journal/ledger/admit.go",
			"		if !known {\n", "		if known = true; !known {\n"},
			{"internal/core/bulkpay/sim/disk.go", "	if d.touched {\n		return ledger.ErrTouched\n	}\n", ""}}},
		{"5 the journal's words", "damage is forgotten by the next write", bankWorlds, []edit{{"internal/journal/ledger/admit.go",
			"				if errors.As(err, &corrupt) {\n					l.corrupt = corrupt\n				}\n				return err", "				_ = errors.As(err, &corrupt)"}}},
		{"lost answers", "what was lost is sent again", portalWorlds, []edit{{"internal/core/billing/verdict.go",
			"t.To, t.Reason = journal.Unknown, journal.Reason{Code: \"reply.lost\", Text: err.Error()}", "t.To = journal.Planned"}}},
		{"lost answers", "a lost answer is a refusal", portalWorlds, []edit{{"internal/core/billing/verdict.go",
			"t.To, t.Reason = journal.Unknown, journal.Reason{Code: \"reply.lost\", Text: err.Error()}", "t.To, t.Reason = journal.Refused, journal.Reason{Code: \"reply.lost\"}"}}},
		{"lost answers", "that a first sending was lost is forgotten", portalWorlds, []edit{{"internal/core/billing/verdict.go",
			"case fate == delivery.Denied && !CarriedOf(p).Lost:", "case fate == delivery.Denied:"}}},
		{"DirectBank", "what was lost is sent again", directWorlds, []edit{{"internal/core/bulkpay/directroad/directroad.go",
			"		err = r.move(ctx, payments, journal.Sending, journal.Unknown, nil, journal.Reason{Code: \"directbank.lost\", Text: words(why)})", "		err = r.unsent(ctx, payments, nil)"}}},
		{"DirectBank", "any answer that is not the bank's is a refusal", directWorlds, []edit{{"internal/bank/directbank/errors.go",
			"	if errors.As(err, &local) {\n		return NotTaken\n	}\n	return Uncertain", "	if errors.As(err, &local) {\n		return NotTaken\n	}\n	return NotTaken"}}},
		{"DirectBank", "a failure inside the bank says that it took nothing", directWorlds, []edit{{"internal/bank/directbank/errors.go",
			"	case wire.ErrReceivingFailed, wire.ErrInternal, wire.ErrDocLike, wire.ErrDocUnknown:\n		return Uncertain", "	case wire.ErrReceivingFailed, wire.ErrInternal, wire.ErrDocLike, wire.ErrDocUnknown:\n		return NotTaken"}}},
		{"DirectBank", "that a recall came to nothing refuses the order", directWorlds, []edit{{"internal/core/directbank/told.go",
			"if kind != wire.KindStatusRequest {", "if kind == \"\" {"}}},
		{"DirectBank", "a copy is counted when its answer comes", directWorlds, []edit{{"internal/core/directbank/told.go",
			"	if err := count(1); err != nil {", "	if err := count(0); err != nil {"}}},
		{"DirectBank", "a packet goes again although some of its orders are known of", directWorlds, []edit{{"internal/core/directbank/told.go",
			"			return nil, nil\n		}\n		out = append(out, p)", "			continue\n		}\n		out = append(out, p)"}}},
		{"DirectBank", "a copy that is refused as a copy refuses the order", directWorlds, []edit{{"internal/core/directbank/told.go",
			"		return Arrived, code, words // of our own id", "		return Refused, code, words // of our own id"}}},
		{"DirectBank", "another document of the number refuses the order", directWorlds, []edit{{"internal/core/directbank/told.go",
			"		return AnotherLike, code, words", "		return Refused, code, words"}}},
		{"DirectBank", "a packet goes again to a bank that may take it for a second document", directWorlds, []edit{{"internal/core/directbank/told.go",
			"	if !d.Section.KeepsRepeats {\n		return false, nil\n	}", "	if false {\n		return false, nil\n	}"}}},
		{"DirectBank", "the answer to a question is taken for the first unknown payment, whatever document it names", directWorlds, []edit{{"internal/core/directbank/told.go",
			"	t.Document = strings.ToLower(strings.TrimSpace(n.ExtID))\n", "	t.Document = strings.ToLower(strings.TrimSpace(n.ExtID))\n	if n.RequestID != \"\" {\n		for p := range e.Journal.List(ctx, journal.Filter{States: []journal.State{journal.Unknown}}) {\n			t.Document = p.ID\n			break\n		}\n	}\n"}}},
		{"applications", "what was lost is sent again", applying, []edit{{"internal/core/applications/submit.go",
			"	if fate == delivery.NotDone {\n", "	if fate != delivery.Denied {\n"}}},
		{"applications", "an archive that came is not seen under its number", applying, []edit{{"internal/core/applications/resolve.go",
			"	return d.Order.OrderStatusID != statusDraft\n", "	return d.Order.OrderStatusID < statusDraft\n"}}},
		{"applications", "nobody waits for what may still arrive", applying, []edit{{"internal/core/applications/resolve.go",
			"const sweepSettles = 10 * time.Minute", "const sweepSettles = time.Nanosecond"}}},
		{"applications", "a sweep takes what another submission may have made", applying, []edit{{"internal/core/applications/resolve.go",
			"case len(found) == 1 && contested:", "case len(found) == 1 && contested && false:"}}},
		{"applications", "news count for what came after they were asked for", applying, []edit{{"internal/core/applications/resolve.go",
			"if asked.Sub(r.rec.UpdatedAt).Abs() < sweepSettles {", "if _ = asked; r.s.Clock.Now().Sub(r.rec.UpdatedAt).Abs() < sweepSettles {"}}},
		{"applications", "any 404 says that there is no such application", applying, []edit{{"internal/core/applications/withdraw.go",
			"	case gusmev.NotFound(err):\n", "	case gusmev.NotFound(err), err != nil && fault.ExitOf(err) == exitcode.NotFound:\n"}}},
		{"applications", "a lost withdrawal counts as done", applying, []edit{{"internal/core/applications/withdraw.go",
			"	said := portal.Cancel(ctx, id, reason)\n", "	said := portal.Cancel(ctx, id, reason)\n	if te := transport.AsError(said); te != nil && te.MayHaveHappened() {\n		return nil\n	}\n"}}},
		{"applications", "a withdrawal whose answer is lost was none", applying, []edit{{"internal/core/applications/withdraw.go",
			"case status == statusWithdrawing || status == statusWithdrawn:", "case said == nil && (status == statusWithdrawing || status == statusWithdrawn):"}}},
	}
}

// module is the folder of the module.
func module(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Skipf("the go command is absent: %v", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
}

// mutate returns the files of a mutant as they would be.
func mutate(t *testing.T, root string, m *mutant) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, e := range m.edits {
		text, begun := files[e.file]
		if !begun {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s: the passage stands %d times in %s: %s", m.what, n, e.file, e.old)
		}
		files[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return files
}

func TestEveryPlantedMistakeStillHasItsPlace(t *testing.T) {
	root := module(t)
	for _, m := range planted() {
		mutate(t, root, &m)
	}
}

// TestTheSimulationFindsEveryPlantedMistake builds the programme with one mistake at a
// time, by an overlay that leaves the tree as it is.
func TestTheSimulationFindsEveryPlantedMistake(t *testing.T) {
	if !*mutants {
		t.Skip("building the programme with each mistake takes minutes: go test ./internal/core/bulkpay/sim -run Planted -mutants -v -timeout 60m")
	}
	root := module(t)
	found := regexp.MustCompile(`seed (\d+): (.*)`)
	for _, m := range planted() {
		t.Run(m.what, func(t *testing.T) {
			dir := t.TempDir()
			overlay := map[string]map[string]string{"Replace": {}}
			for name, text := range mutate(t, root, &m) {
				at := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
				if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				overlay["Replace"][filepath.Join(root, filepath.FromSlash(name))] = at
			}
			b, err := json.Marshal(overlay)
			if err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, "overlay.json")
			if err := os.WriteFile(at, b, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "go", "test", "-overlay", at, "-count=1", "-timeout", "0", "./internal/core/bulkpay/sim", "-run", "^"+m.worlds+"$", "-seeds", strconv.Itoa(*mutantSeeds))
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			got := found.FindStringSubmatch(string(out))
			if err == nil || got == nil {
				t.Fatalf("not found within %d seeds: %v\n%s", *mutantSeeds, err, tailOf(out))
			}
			t.Logf("| %s | %s | %s | %s |", m.fault, m.what, got[1], got[2])
		})
	}
}

func tailOf(b []byte) string { return string(b[max(0, len(b)-2000):]) }
