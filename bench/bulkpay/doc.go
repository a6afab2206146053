// Package bulkpay measures the bulk payment engine against two baselines of the
// same minute: a bare HTTP loop that journals nothing, and one durable commit per
// row. Run: go test ./bench/bulkpay -run Ratio -v -rows 20000.
package bulkpay
