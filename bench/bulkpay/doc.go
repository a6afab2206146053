// Package bulkpay measures the bulk payment engine against baselines of the same
// minute and machine:
//
//	go test ./bench/bulkpay -run Bare -v -rows 1500 -rounds 9      against "epgu sandbox serve" and a bare HTTP loop
//	go test ./bench/bulkpay -run Commit -v -large 40000            against a durable commit for each row
//	go test ./bench/bulkpay -run Memory -v -small 10000 -large 1000000 -timeout 30m
//	go test ./bench/bulkpay -run Resume -v -large 1000000 -timeout 30m
//	go test ./bench/bulkpay -run Beside -v -rows 6000
//	go test -tags earlier ./bench/bulkpay -run Earlier -v -against 72da531 -rows 5000 -rounds 7 -small 10000 -large 1000000 -timeout 90m
//
// The last builds an earlier commit in a work tree of its own and measures it beside
// this build, in turns: the portal, the engine, memory, planning and resuming.
// Without these numbers it only shows that the measurements still work. Bare times
// are there to read the ratios by.
package bulkpay
