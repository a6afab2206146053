package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/fault"
)

// This file is the file of payers in worlds of bank files. Nobody signs it; so what a
// plan was begun from is what it goes on from.

const payersName = "accounts.json"

// otherPayers are accounts that somebody may put in the place of the payer's: another
// of the same owner, another owner's, and another bank's.
func otherPayers() []bankfiles.Payer {
	account, owner, bank := bankPayer(), bankPayer(), bankPayer()
	account.Account = "40702810238250000001"
	owner.Name, owner.INN, owner.KPP = "ООО «Другие»", "7830002293", "783001001"
	bank.BIK, bank.Bank, bank.Corr, bank.Account = "044525411", "ФИЛИАЛ БАНКА", "30101810145250000411", "40702810500000000001"
	return []bankfiles.Payer{account, owner, bank}
}

// newPayers lays out the file of payers.
func newPayers(w *world) *papers {
	rnd := rand.New(rand.NewPCG(w.seed, 0x6570677532))
	s := &papers{w: w, rnd: rnd, often: []int{0, 0, 12, 4}[rnd.IntN(4)], leaves: map[string]*leaf{}}
	s.put(payersName, payersText(bankPayer()), func([]byte) []byte {
		others := otherPayers()
		return payersText(others[rnd.IntN(len(others))])
	})
	return s
}

func payersText(p bankfiles.Payer) []byte {
	b, err := json.Marshal([]map[string]string{{"name": p.Name, "inn": p.INN, "kpp": p.KPP, "account": p.Account, "bik": p.BIK, "bank": p.Bank, "corr": p.Corr}})
	if err != nil {
		panic(err) // texts
	}
	return b
}

// accounts reads the file of payers, as batch run does.
func (s *papers) accounts() ([]bankfiles.Payer, error) {
	f, err := s.Open(payersName)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return bankfiles.ParsePayers(data)
}

// settle puts the file back by which the plan was begun.
func (s *papers) settle(drawn string) {
	s.calm()
	for _, p := range otherPayers() {
		if drawn != "" && strings.HasPrefix(drawn, fmt.Sprintf("%s %s %s", p.INN, p.Account, p.BIK)) {
			s.leaves[payersName].file.data = payersText(p)
		}
	}
}

// payersChanged reports whether a run has refused to go on from other accounts. On a
// sound disk that may be because of orders that only the other office can tell of.
func payersChanged(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == bankroad.CodePayersChanged
}
