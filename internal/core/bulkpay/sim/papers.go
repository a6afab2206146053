package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// This file is the papers beside a plan: the register that it is made from, the policy
// that it is approved by, its approvals, and the accounts that pay. In some worlds
// somebody edits them in place, replaces or cuts them before any of the reads, and puts
// them back; the real planner, policy, approvals and payers read them.

// leaf is one such file.
type leaf struct {
	name   string
	honest []byte // as whoever answers for it has written it
	file   *paper
	foul   bool
	forge  func(data []byte) []byte
}

// papers are all of them in a world. Somebody who has a key, too, signs whatever helps.
type papers struct {
	w      *world
	rnd    *rand.Rand // of its own: worlds without papers stay as they were
	often  int        // somebody touches a file before one read in so many; 0: nobody does
	leaves map[string]*leaf
	debts  []debt
	made   map[string][]debt // what every register that there ever was asks for, by its SHA-256
	signed map[string]string // statement → whose certificate has signed it
	policy string            // SHA-256 of the honest one
}

// debt is a row of a register.
type debt struct {
	uin     string
	kopecks int64
}

const (
	registerName = "register.csv"
	policyName   = "policy.json"
)

// The people of these worlds, by their certificates. Two of the first three have to
// approve; the fourth may not, and does.
var people = [...]struct{ name, certificate string }{
	{"Первый Демо", strings.Repeat("1", 64)}, {"Второй Демо", strings.Repeat("2", 64)}, {"Третий Демо", strings.Repeat("3", 64)}, {"Чужой Демо", strings.Repeat("F", 64)}}

func policyText(approvals int, who ...int) []byte {
	var list []string
	for _, i := range who {
		list = append(list, fmt.Sprintf(`{"name":%q,"certificate":%q}`, people[i].name, people[i].certificate))
	}
	return fmt.Appendf(nil, `{"epguApprovalPolicy":1,"tiers":[{"approvals":%d}],"approvers":[%s]}`, approvals, strings.Join(list, ","))
}

// withPapers makes some worlds ones in which the plans are made from a register and
// approved by the policy and the people.
func (w *world) withPapers() {
	rnd := rand.New(rand.NewPCG(w.seed, 0x6570677531))
	if rnd.IntN(3) > 0 {
		return
	}
	s := &papers{w: w, rnd: rnd, often: []int{0, 20, 6, 3}[rnd.IntN(4)], leaves: map[string]*leaf{}, made: map[string][]debt{}, signed: map[string]string{}}
	s.lay()
	w.shelves = nil
	for i := range w.plans {
		w.plans[i] = s.plan()
		s.approve(w.plans[i].Header.ID)
	}
	w.papers = s
}

// lay lays out a register and a policy.
func (s *papers) lay() {
	w := s.w
	text := "uin,amount\n"
	for n := range w.opts.rows {
		uin, err := requisites.MakeUIN(fmt.Sprintf("1881%015d", n))
		if err != nil {
			panic(err) // nineteen digits
		}
		d := debt{string(uin), int64(1000 + n)}
		s.debts = append(s.debts, d)
		text += fmt.Sprintf("%s,%d.%02d\n", d.uin, d.kopecks/100, d.kopecks%100)
	}
	s.put(registerName, []byte(text), s.otherSum)
	s.put(policyName, policyText(2, 0, 1, 2), s.otherPolicy)
	s.note()
	s.policy = sum(s.leaves[policyName].honest)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func (s *papers) put(name string, data []byte, forge func([]byte) []byte) *leaf {
	l := &leaf{name: name, honest: data, file: &paper{bytes.Clone(data)}, forge: forge}
	s.leaves[name] = l
	return l
}

// otherSum changes one digit of one sum of a register.
func (s *papers) otherSum(data []byte) []byte {
	lines := bytes.Split(data, []byte("\n"))
	line := lines[1+s.rnd.IntN(s.w.opts.rows)]
	line[len(line)-1-s.rnd.IntN(2)] = byte('1' + s.rnd.IntN(9))
	return data
}

// otherPolicy is one that asks for less, or lets others approve.
func (s *papers) otherPolicy([]byte) []byte {
	return [...][]byte{policyText(1, 0, 1, 2), policyText(2, 0, 1, 2, 3), policyText(1, 3)}[s.rnd.IntN(3)]
}

// otherApprovals has a signature of somebody who may not approve, one that nobody has
// made, or one fewer.
func (s *papers) otherApprovals(data []byte) []byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines) < 2 { // none yet
		return data
	}
	i := s.rnd.IntN(len(lines) - 1)
	var a approval.Approval
	if json.Unmarshal(lines[i], &a) != nil {
		return data
	}
	switch s.rnd.IntN(3) {
	case 0:
		return bytes.Join(slices.Delete(lines, i, i+1), nil)
	case 1: // by another honest person, who has not
		who := people[s.rnd.IntN(3)]
		a.By.Name, a.By.Certificate = who.name, who.certificate
	default:
		a.By.Name, a.By.Certificate = people[3].name, people[3].certificate
		a.Signature = s.sign(people[3].certificate, a.Statement())
	}
	line, err := json.Marshal(a)
	if err != nil {
		panic(err) // it was read this moment
	}
	return append(data, append(line, '\n')...)
}

// meddle lets somebody do something to a file before it is read.
func (s *papers) meddle(l *leaf) {
	if s.often == 0 || s.rnd.IntN(s.often) > 0 {
		return
	}
	if l.foul {
		s.restore(l)
		return
	}
	l.foul = true
	switch s.rnd.IntN(5) {
	case 0, 1:
		l.file.data = l.forge(bytes.Clone(l.file.data))
		s.w.log("EDIT in place: %s", l.name)
	case 2, 3:
		l.file = &paper{l.forge(bytes.Clone(l.file.data))}
		s.w.log("EDIT, replaced: %s", l.name)
	case 4:
		l.file.data = l.file.data[:s.rnd.IntN(len(l.file.data)+1)]
		s.w.log("EDIT, cut: %s to %d bytes", l.name, len(l.file.data))
	}
	if l.name == registerName {
		s.note()
	}
}

func (s *papers) restore(l *leaf) {
	s.w.log("EDIT undone: %s", l.name)
	if s.rnd.IntN(2) == 0 {
		l.file = &paper{}
	}
	l.file.data, l.foul = bytes.Clone(l.honest), false
}

// calm puts everything back; nobody touches anything any more.
func (s *papers) calm() {
	s.often = 0
	for _, l := range s.leaves {
		l.file, l.foul = &paper{bytes.Clone(l.honest)}, false
	}
}

// Open is how everybody comes by a file.
func (s *papers) Open(name string) (heldfile.Handle, error) {
	l := s.leaves[name]
	if l == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	s.meddle(l)
	return &reading{s: s, l: l, f: l.file}, nil
}

// reading is an open file: what is edited in place shows to whoever has it open.
type reading struct {
	s  *papers
	l  *leaf
	f  *paper
	at int64
}

func (r *reading) ReadAt(b []byte, at int64) (int, error) {
	r.s.meddle(r.l)
	return r.f.ReadAt(b, at)
}

func (r *reading) Read(b []byte) (int, error) {
	n, err := r.ReadAt(b, r.at)
	r.at += int64(n)
	return n, err
}

func (r *reading) Close() error               { return nil }
func (r *reading) Stat() (fs.FileInfo, error) { return size{r.l.name, int64(len(r.f.data))}, nil }

// size is what is to be known of an open file.
type size struct {
	name  string
	bytes int64
}

func (s size) Name() string     { return s.name }
func (s size) Size() int64      { return s.bytes }
func (size) Mode() fs.FileMode  { return 0o600 }
func (size) ModTime() time.Time { return time.Time{} }
func (size) IsDir() bool        { return false }
func (size) Sys() any           { return nil }

// note keeps what the register asks for as it is now.
func (s *papers) note() {
	data := s.leaves[registerName].file.data
	var asked []debt
	for line := range strings.SplitSeq(string(data), "\n") {
		uin, amount, _ := strings.Cut(line, ",")
		rubles, kopecks, _ := strings.Cut(amount, ".") // a cut may leave one digit of the kopecks, or none
		if k, err := strconv.ParseInt(rubles+(kopecks + "00")[:2], 10, 64); err == nil && rubles != "" {
			asked = append(asked, debt{uin, k})
		}
	}
	s.made[sum(data)] = asked
}

// plan makes a plan from the register, as batch plan does, and has it approved, as
// batch approve does, until it is the one that the people want.
func (s *papers) plan() *planfile.Plan {
	for try := 0; ; try++ {
		if try == 6 {
			s.calm()
		}
		data, err := s.make()
		if err != nil {
			s.w.log("no plan: %v", err)
			continue
		}
		p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			panic(err) // it was written this moment
		}
		if s.w.fault != nil || p.Header.Policy == s.policy && slices.Equal(paidBy(p), s.debts) {
			return s.w.lay(data)
		}
		s.w.log("the plan is not what was wanted")
	}
}

// make writes a plan and holds it against the register that it names.
func (s *papers) make() ([]byte, error) {
	rules, err := approval.Shelf{Files: s.Open, Trust: s.trust}.Rules(policyName)
	if err != nil {
		return nil, err
	}
	files := &planning.Registers{Paths: []string{registerName}, Files: s.Open}
	defer files.Close()
	id, _ := s.w.newID()
	head := planfile.Header{ID: id, CreatedAt: s.w.now, Profile: "sim", Method: "account", Payer: "7700000000", Policy: rules.SHA256,
		Maker: planfile.Person{Name: "Составитель Демо"}, BlockRows: 1 << s.rnd.IntN(4)}
	if head.Sources, err = files.Sources(); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	p := &planning.Planner{Journal: none{}, Clock: (*clock)(s.w)}
	if _, err := p.Make(context.Background(), &buf, head, files.Rows()); err != nil {
		return nil, err
	}
	plan, err := planfile.Read(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		panic(err) // it was written this moment
	}
	if asked, known := s.made[head.Sources[0].SHA256]; known && !slices.Equal(paidBy(plan), asked) {
		s.w.broken("the plan pays what its register, SHA-256 %s, does not ask for", head.Sources[0].SHA256)
	}
	return buf.Bytes(), nil
}

func paidBy(p *planfile.Plan) []debt {
	var out []debt
	for r, err := range p.ToPay(1) {
		if err != nil {
			panic(err) // nobody has touched it
		}
		out = append(out, debt{r.UIN, r.Kopecks})
	}
	return out
}

// none is a journal in which there is nothing yet.
type none struct{}

func (none) ByUINs(context.Context, []string) ([]journal.Payment, error) { return nil, nil }
func (none) ByKeys(context.Context, []string) ([]journal.Payment, error) { return nil, nil }

// approve has a plan approved by two people. Each looks at what there is, and signs
// only the plan that was wanted under the policy that they know.
func (s *papers) approve(run string) {
	shelf := s.w.shelfOf(run)
	l := s.put(run+".approvals", nil, s.otherApprovals)
	for _, who := range people[:2] {
		for try := 0; s.w.fault == nil; try++ {
			if try == 6 {
				s.calm()
			}
			err := s.approveAs(who.name, who.certificate, shelf, l)
			if err == nil {
				break
			}
			s.w.log("%s does not approve: %v", who.name, err)
		}
	}
}

var errNotWanted = errors.New("simulated: this is not what I know")

func (s *papers) approveAs(name, certificate string, shelf *shelf, l *leaf) error {
	ctx := context.Background()
	rules, err := approval.Shelf{Files: s.Open, Trust: s.trust}.Rules(policyName)
	if err != nil {
		return err
	}
	if so, err := rules.Check(ctx, shelf.plan.Header.ID, shelf.plan); so == nil {
		return err
	}
	if rules.SHA256 != s.policy {
		return errNotWanted
	}
	made, err := rules.Sign(ctx, shelf.plan, pen{s, name, certificate}, s.w.now, "", false)
	if err != nil {
		return err
	}
	line, err := json.Marshal(made)
	if err != nil {
		return err
	}
	l.honest = append(l.honest, append(line, '\n')...)
	s.restore(l)
	return nil
}

// mayRun is how a run comes by the approvals. Whatever it begins with has to be what two
// people have signed, and so has what the portal is told of.
func (s *papers) mayRun(p *planfile.Plan) bool {
	ctx := context.Background()
	rules, err := approval.Shelf{Files: s.Open, Trust: s.trust}.Rules(policyName)
	if err != nil {
		s.w.log("plan %s is refused: %v", tail(p.Header.ID), err)
		return false
	}
	so, err := rules.Check(ctx, p.Header.ID, p)
	if err != nil {
		s.w.log("plan %s is refused: %v", tail(p.Header.ID), err)
		return false
	}
	told := approval.Envelope(p, so)
	counted := map[string]bool{}
	for _, sig := range told.Signatures {
		who := s.signed[sig.Statement]
		if who == "" || !bytes.Equal(sig.Signature, s.sign(who, []byte(sig.Statement))) || !strings.Contains(sig.Statement, p.SHA256) {
			s.w.broken("plan %s: the portal is told of a signature that nobody made", tail(p.Header.ID))
			return false
		}
		if who != people[3].certificate {
			counted[who] = true
		}
	}
	if len(counted) < 2 || len(counted) < len(told.Signatures) {
		s.w.broken("plan %s begins with %d signatures, of which %d count", tail(p.Header.ID), len(told.Signatures), len(counted))
	}
	return true
}

// sign is a signature: who has made it can be told.
func (s *papers) sign(certificate string, statement []byte) []byte {
	s.signed[string(statement)] = certificate
	mac := sha256.Sum256(append([]byte(certificate+"'s key "), statement...))
	return append([]byte(certificate), mac[:]...)
}

// pen is a person's key.
type pen struct {
	s                 *papers
	name, certificate string
}

func (p pen) Identity() approval.Identity {
	return approval.Identity{Name: p.name, Certificate: p.certificate}
}

func (p pen) Sign(_ context.Context, content []byte, _ time.Time) ([]byte, error) {
	return p.s.sign(p.certificate, content), nil
}

// trust verifies what pens have made.
func (s *papers) trust(*approval.Policy) (approval.Verifier, error) { return glass{}, nil }

type glass struct{}

func (glass) Verify(_ context.Context, content, signature []byte, _ time.Time) (approval.Identity, error) {
	for _, who := range people {
		mac := sha256.Sum256(append([]byte(who.certificate+"'s key "), content...))
		if bytes.Equal(signature, append([]byte(who.certificate), mac[:]...)) {
			return approval.Identity{Name: who.name, Certificate: who.certificate}, nil
		}
	}
	return approval.Identity{}, io.ErrUnexpectedEOF
}
