-- Gives a request the number of the person behind it, by which a share of traffic is taken.
-- It is vortex.topology.share.share_of: the token is read and not verified, because whoever forges
-- one gains nothing but the choice between two places that both refuse it.

local TURN = {@TURNS@}
local HEADER = "x-vortex-share"
local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local VALUE = {}
for place = 1, #LETTERS do VALUE[LETTERS:byte(place)] = place - 1 end

local function decoded(text)
  local out, bits, held = {}, 0, 0
  for place = 1, #text do
    local value = VALUE[text:byte(place)]
    if value == nil then return "" end
    held, bits = held * 64 + value, bits + 6
    if bits >= 8 then
      bits = bits - 8
      local whole = math.floor(held / 2 ^ bits)
      out[#out + 1] = string.char(whole)
      held = held - whole * 2 ^ bits
    end
  end
  return table.concat(out)
end

local function person(authorization)
  local payload = authorization and authorization:match("^Bearer%s+[%w_-]+%.([%w_-]+)%.")
  if payload == nil or #payload > 8192 then return nil end
  local claims = decoded(payload)
  -- A call between services carries the person as its actor; its issuer is a context, no person.
  return claims:match('"user_id"%s*:%s*"([%x-]+)"') or claims:match('"sub"%s*:%s*"([%x-]+)"')
end

function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(HEADER)
  local path = headers:get(":path") or ""
  local context = path:match("^/api/v1/(%l+)") or path:match("^/%l+/(%l+)") or ""
  local id = person(headers:get("authorization")) or headers:get("idempotency-key") or ""
  local last = id:gsub("-", ""):match("(%x%x%x%x%x%x%x%x)$")
  if last ~= nil then
    local number = (tonumber(last, 16) + (TURN[context] or 0)) % 100
    headers:add(HEADER, string.format("%d", number))
  end
  handle:clearRouteCache()
end
