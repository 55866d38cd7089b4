import { simulationTests } from './simulation-tests.js'

simulationTests(1, 2500)
