-- Batches of transfers by companies with many accounts; counts the items that were posted.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end
function init(args)
  collectgarbage("setpause", 1000)  -- looking through all accounts takes longer than a request
  companies, size, made = {}, tonumber(args[2]), 0
  posted, refused, other = 0, 0, 0
  hot = args[3] == "hot"
  math.randomseed(os.time() * 64 + number)
  run = string.format("%08x%04x%06x", os.time(), number, math.random(16777215))
  local places = {}
  for line in io.lines(args[1]) do
    local token, account = line:match("(%S+) (%S+)")
    if not places[token] then
      table.insert(companies, { token = token, accounts = {} })
      places[token] = companies[#companies]
    end
    table.insert(places[token].accounts, account)
  end
end
function request()
  local company = companies[math.random(#companies)]
  local accounts = company.accounts
  local items = {}
  made = made + 1
  for place = 1, size do
    local source = accounts[math.random(2, #accounts)]
    local target = hot and accounts[1] or accounts[math.random(2, #accounts)]
    if target == source then target = accounts[1] end
    -- 12 digits of time, then version 7, then what makes it unique.
    items[place] = string.format(
      '{"id":"%s-%s-7%03x-8%03x-%s%06x","source_account_id":"%s","target_account_id":"%s",' ..
      '"amount":{"amount":"0.01","currency":"EUR"},"description":"Measured"}',
      "019f" .. run:sub(5, 8), run:sub(9, 12), made % 4096, math.floor(made / 4096) % 4096, run:sub(13, 18), place,
      source, target)
  end
  local body = '{"items":[' .. table.concat(items, ",") .. "]}"
  return "POST /api/transactions/bulk HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " ..
    company.token .. "\r\nIdempotency-Key: " .. run .. "-" .. made ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end
function response(status, headers, body)
  if status == 200 then
    posted = posted + tonumber(body:match('^{"posted":(%d+)'))
    refused = refused + tonumber(body:match('"refused":(%d+)'))
  else
    other = other + 1
  end
end
function done(summary, latency, requests)
  local made, failed = 0, 0
  for _, thread in ipairs(threads) do
    made = made + thread:get("posted")
    failed = failed + thread:get("other") + thread:get("refused")
  end
  local wrong = summary.errors
  failed = failed + wrong.connect + wrong.read + wrong.write + wrong.timeout
  io.write(string.format('{"made":%d,"failed":%d,"seconds":%.3f,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f}\n',
    made, failed, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
