-- Single transfers by random customers to random accounts; counts what is answered.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end
function init(args)
  collectgarbage("setpause", 1000)  -- looking through all accounts takes longer than a request
  tokens, accounts, count, made = {}, {}, 0, 0
  created, other = 0, 0
  hot = args[3] == "hot"
  math.randomseed(os.time() * 64 + number)
  run = string.format("%x-%d-%d", os.time(), number, math.random(1000000000))
  for line in io.lines(args[1]) do
    local token, account = line:match("(%S+) (%S+)")
    count = count + 1
    tokens[count], accounts[count] = token, account
  end
end
function request()
  local source = math.random(2, count)
  local target = hot and 1 or math.random(2, count)
  if target == source then target = 1 end
  made = made + 1
  local body = '{"source_account_id":"' .. accounts[source] .. '","target_account_id":"' .. accounts[target] ..
    '","amount":{"amount":"0.01","currency":"EUR"},"description":"Measured"}'
  return "POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " ..
    tokens[source] .. "\r\nIdempotency-Key: " .. run .. "-" .. made ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end
function response(status)
  if status == 201 then created = created + 1 else other = other + 1 end
end
function done(summary, latency, requests)
  local made, failed = 0, 0
  for _, thread in ipairs(threads) do
    made = made + thread:get("created")
    failed = failed + thread:get("other")
  end
  local wrong = summary.errors
  failed = failed + wrong.connect + wrong.read + wrong.write + wrong.timeout
  io.write(string.format('{"made":%d,"failed":%d,"seconds":%.3f,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f}\n',
    made, failed, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
