// The same translation as a careful Node developer would write it: fastify in front, an undici pool
// behind, response schemas compiled by fast-json-stringify.
import Fastify from 'fastify'
import { Pool } from 'undici'

const [port, backend] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${backend}`, { connections: 64, pipelining: 1 })
const STATUS = ['scheduled', 'running', 'completed', 'failed', 'cancelled', 'running']
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
const KEYS = new Set([process.env.PEER_KEY ?? 'kR7mW2xQ9vTn4LsZ8bYc'])

const nullable = type => ({ type, nullable: true })
const job = {
  type: 'object',
  properties: {
    jobId: { type: 'integer' }, description: nullable('string'), status: { type: 'string' },
    projectId: nullable('integer'), action: nullable('string'), referenceId: nullable('string'),
    createdAt: nullable('integer'), updatedAt: nullable('integer'), startAt: nullable('integer'),
    errors: nullable('string')
  }
}
const list = { 200: { type: 'object', properties: { data: { type: 'array', items: job } } } }
const one = { 200: { type: 'object', properties: { data: job } } }

const translate = j => {
  const status = STATUS[j.status]
  if (!Number.isSafeInteger(j.id) || status === undefined) throw new Error('backend')
  return {
    jobId: j.id, description: j.name, status, projectId: null, action: null, referenceId: null,
    createdAt: j.createTime, updatedAt: null, startAt: null, errors: null
  }
}

const app = Fastify({ logger: false })

const secret = (request, reply) => {
  const header = request.headers.authorization
  const key = header?.startsWith('Bearer ') ? header.slice(7) : ''
  if (!TOKEN.test(key) || !KEYS.has(key)) { reply.code(401).send({ error: 'invalid credential' }); return null }
  return key
}

const ask = async (path, key) => {
  const { statusCode, body } = await pool.request({
    path, method: 'GET', headers: { cookie: `explorer_token=${key}`, accept: 'application/json' },
    headersTimeout: 10000, bodyTimeout: 10000
  })
  const answer = await body.json()
  return { statusCode, answer }
}

const bounded = (text, low, high, fallback) => {
  const n = Number.parseInt(text, 10)
  return Number.isInteger(n) && n >= low && n <= high ? n : fallback
}

app.get('/public/:scope/jobs', { schema: { response: list } }, async (request, reply) => {
  const key = secret(request, reply)
  if (key === null) return reply
  const limit = bounded(request.query.limit, 1, 200, 50)
  const page = bounded(request.query.page, 1, Number.MAX_SAFE_INTEGER, 1)
  const { statusCode, answer } = await ask(`/api-open/v1/jobs?pageSize=${limit}&page=${page}`, key)
  if (statusCode !== 200 || answer.code !== 0) return reply.code(502).send({ error: 'backend' })
  return { data: answer.data.items.map(translate) }
})

app.get('/public/:scope/jobs/:id', { schema: { response: one } }, async (request, reply) => {
  const key = secret(request, reply)
  if (key === null) return reply
  if (!/^(0|[1-9][0-9]{0,18})$/.test(request.params.id)) return reply.code(400).send({ error: 'invalid jobId' })
  const { statusCode, answer } = await ask(`/api-open/v1/jobs/${request.params.id}`, key)
  if (answer.code === 40404000) return reply.code(404).send({ error: 'job not found' })
  if (statusCode !== 200 || answer.code !== 0) return reply.code(502).send({ error: 'backend' })
  return { data: translate(answer.data) }
})

await app.listen({ port: Number(port), host: '127.0.0.1' })
