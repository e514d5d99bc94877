import './app/language';
import './lib/ui/tokens.css';
import './lib/ui/base.css';
import { chooseHost } from '$lib/host';
import { theme } from '$lib/theme.svelte';
import { mount } from 'svelte';
import App from './app/App.svelte';

theme.start();
await chooseHost();
const target = document.getElementById('app');
if (target) mount(App, { target });
