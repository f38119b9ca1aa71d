-- Each request is another reader's.
local reader = 0

request = function()
  reader = (reader + 7) % 3000
  return wrk.format("GET", "/v1/recommendations?id=" .. (200 + reader) .. "&time=2021-10-30T20:00:00&limit=5")
end
