-- Reads by random customers; counts what is answered.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end
function init(args)
  people, count = {}, 0
  good, other = 0, 0
  math.randomseed(os.time() * 64 + number)
  for line in io.lines(args[1]) do
    local token, account = line:match("(%S+) (%S+)")
    count = count + 1
    people[count] = { token, account }
  end
  place = args[2]
end
function request()
  local person = people[math.random(1, count)]
  local path = place:gsub("ACCOUNT", person[2])
  return "GET " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. person[1] ..
    "\r\n\r\n"
end
function response(status)
  if status == 200 then good = good + 1 else other = other + 1 end
end
function done(summary, latency, requests)
  local made, failed = 0, 0
  for _, thread in ipairs(threads) do
    made = made + thread:get("good")
    failed = failed + thread:get("other")
  end
  local wrong = summary.errors
  failed = failed + wrong.connect + wrong.read + wrong.write + wrong.timeout
  io.write(string.format('{"made":%d,"failed":%d,"seconds":%.3f,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f}\n',
    made, failed, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
