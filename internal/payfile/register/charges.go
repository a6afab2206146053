package register

// A list of charges, as "epgu bill list --csv" and "--ndjson" write it, is a register
// as it is: what is to be paid is what is due (dueKopecks), not what the charge was
// made out for, and "account" is the payee's. It is known by these names together.
const (
	chargeDue     = "dueKopecks"
	chargeAmount  = "amountKopecks"
	chargeAccount = "account"
	chargeUIN     = "uin"
)

// isChargeList reports whether headings are those of a list of charges.
func isChargeList(m *Mapping, headings []string) bool {
	due, uin := false, false
	for _, h := range headings {
		due, uin = due || h == chargeDue, uin || h == chargeUIN
	}
	return m == nil && due && uin
}

// chargeField is the field of a column of a list of charges; ok is false for those
// that are read like any other's, or not at all.
func chargeField(heading string) (f Field, skip, ok bool) {
	switch heading {
	case chargeDue:
		return Amount, false, true
	case chargeAmount:
		return 0, true, true
	case chargeAccount:
		return PayeeAccount, false, true
	}
	return 0, false, false
}
