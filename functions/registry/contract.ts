import { z } from 'zod';
import { consent } from '../../shared/domain/consent.ts';
import { county } from '../../shared/domain/county.ts';
import { entrepreneur } from '../../shared/domain/entrepreneur.ts';
import { idempotencyKey } from '../../shared/domain/idempotency.ts';
import {
  consentId,
  countyId,
  entrepreneurId,
  programId,
  stationId,
} from '../../shared/domain/identifiers.ts';
import { program } from '../../shared/domain/program.ts';
import { station } from '../../shared/domain/station.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';

const countyParams = z.strictObject({ countyId });
const countyBody = county.omit({ countyId: true });
export const putCountyContract = { params: countyParams, body: countyBody, response: county } as const;
export const getCountyContract = { params: countyParams, response: county } as const;

const stationParams = z.strictObject({ stationId });
const stationBody = station.omit({ stationId: true });
export const putStationContract = { params: stationParams, body: stationBody, response: station } as const;
export const getStationContract = { params: stationParams, response: station } as const;

const entrepreneurParams = z.strictObject({ entrepreneurId });
const entrepreneurBody = entrepreneur.omit({ entrepreneurId: true });
export const putEntrepreneurContract = {
  params: entrepreneurParams,
  body: entrepreneurBody,
  response: entrepreneur,
} as const;
export const getEntrepreneurContract = { params: entrepreneurParams, response: entrepreneur } as const;

export const recordConsentContract = {
  params: entrepreneurParams,
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: consent.pick({ purpose: true, recipientTenantId: true, expiresAt: true }),
  response: consent,
} as const;
export const listConsentsContract = {
  params: entrepreneurParams,
  query: pageQuery,
  response: z.strictObject({ consents: z.array(consent), nextCursor }),
} as const;

export const withdrawConsentContract = {
  params: entrepreneurParams.extend({ consentId }),
  body: z.strictObject({}),
  response: consent,
} as const;

const programParams = z.strictObject({ programId });
const programBody = program.omit({ programId: true });
export const putProgramContract = { params: programParams, body: programBody, response: program } as const;
export const getProgramContract = { params: programParams, response: program } as const;
