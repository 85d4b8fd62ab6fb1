-- Written by Slipway's local provider. Copies a request to a group's backend and throws the answer away.
-- One state for all threads, so that the cap on copies in flight is exact.
local in_flight = {}
local methods = { GET = "get", HEAD = "head", POST = "post", PUT = "put", DELETE = "delete" }
local own = { ["content-length"] = true, ["transfer-encoding"] = true, ["connection"] = true, ["expect"] = true }

local function copied_headers(txn, backend)
  local headers = { ["x-slipway-shadow"] = { backend } }
  for name, values in pairs(txn.http:req_get_headers()) do
    if not own[name] and name ~= "x-slipway-shadow" then
      local list = {}
      for _, value in pairs(values) do list[#list + 1] = value end
      headers[name] = list
    end
  end
  return headers
end

core.register_action("slipway_mirror", { "http-req" }, function(txn)
  local backend = txn:get_var("txn.mirror")
  local method = methods[txn.f:method()]
  local busy = in_flight[backend] or 0
  if method == nil or busy >= (tonumber(txn:get_var("txn.mirror_cap")) or 0) then return end
  -- To wait for a body would hold up the request itself, or end it with 408: what has not arrived is not copied.
  if txn.f:req_hdr_cnt("transfer-encoding") > 0 or txn.f:req_body_len() < txn.f:req_body_size() then return end
  local body = txn.f:req_body()
  local request = {
    url = "http://shadow" .. txn.f:pathq(),
    headers = copied_headers(txn, backend),
    body = body ~= "" and body or nil,
    dst = "unix@/run/slipway/shadow.sock",
    timeout = 10000,
  }
  in_flight[backend] = busy + 1
  core.register_task(function()
    pcall(function()
      local client = core.httpclient()
      client[method](client, request)
    end)
    in_flight[backend] = in_flight[backend] - 1
  end)
end)
